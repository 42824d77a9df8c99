import pytest

from moderation.filters.book import RuleBook
from moderation.filters.lists import languages, startup_rules
from moderation.filters.rules import rule_check
from moderation.filters.spelling import words

RULES = startup_rules()
TERMS = {rule.text for rule in RULES if rule.action != "allow"}
EVERYDAY = {
    "en": """Hi, where are you from?|I'm from Canada, it's cold here|What do you do for a living?|
        That class was hard but I passed it|I have to assemble a shelf|My cat sits on my lap|
        He'll be back soon|Do you like spicy food?|I took a shot of the sunset|Nice to meet you|
        The therapist said it is normal|We analyse data at work|I had a great weekend|Let's pass|
        I want to hit the gym|as I said before|Push it a bit|Could you kill the lights, please?""",
    "de": """Hallo, woher kommst du?|Ich wohne in Passau|Das ist ja klasse!|Bitte schön|
        Wie heißt du?|Der Weg ist dick verschneit|Ich esse gern Nüsse|Was machst du morgen?|
        Schöne Grüße aus Essen|Ich muss jetzt los, tschüss|
        Das Fagott klingt schön|Der Spinnerin gehört das Rad""",
    "es": """Hola, ¿de dónde eres?|Tengo veinte años|Me gusta la música|
        Qué pena|Las penas con pan son menos|Hace mucho calor hoy|
        El ratón come queso|La polilla vuela|
        Estoy débil y cansado|¿Qué haces mañana?|Mi pantalón es negro""",
    "fr": """Salut, ça va ?|Je suis en retard|Tu viens d'où ?|J'habite près de Lyon|
        La fiche est prête|Il est assis là|Les prix baissent|Un cul-de-sac|
        J'aime les ratons laveurs""",
    "pt": """Oi, tudo bem?|De onde você é?|Moro em São Paulo|Gosto muito de praia|Fica comigo|
        A festa foi boa|O time perdeu|Vou estudar amanhã|Um abraço|Que saudade""",
    "ru": """Привет, как дела?|Откуда ты?|Я живу в Москве|Люблю читать книги|Какая погода?|
        Застрахуй машину|Хлебные крошки|Скипидар|Команда выиграла|Не употребляй это|До завтра""",
    "it": """Ciao, di dove sei?|Abito a Roma|Mi piace il calcio|Il bambino dorme|La penna è rossa|
        Le penne al pomodoro|Fiche e gettoni|Il cavallo di Troia|A domani|Fa molto freddo""",
    "tr": """Merhaba, nerelisin?|İstanbul'da yaşıyorum|Müzik severim|Bugün hava güzel|Amina geldi|
        Pazartesi sınavım var|Görüşürüz|Yemek yedin mi?|Çok teşekkürler|Resim yaptım""",
    "pl": """Cześć, skąd jesteś?|Mieszkam w Krakowie|Lubię muzykę|Pedał hamulca|Jutro mam egzamin|
        Dodaj gazu|Ładna pogoda|Żółtka jaj|Do zobaczenia|Idę na spacer""",
}


def test_every_language_has_a_list_of_some_size() -> None:
    assert languages() == sorted(EVERYDAY)
    for language in languages():
        assert sum(rule.language == language for rule in RULES) >= 150


def test_terms_are_normalised_and_listed_once() -> None:
    texts = [rule.text for rule in RULES]
    assert len(set(texts)) == len(texts)
    assert all(rule_check("term", text) == text for text in texts)


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.action == "allow"])
def test_exception_of_the_list_is_needed_or_harmless(book: RuleBook, rule: object) -> None:
    assert book.screen(getattr(rule, "text", "")).action == "allow"


def test_every_term_is_found(book: RuleBook) -> None:
    def is_found(text: str) -> bool:
        verdict = book.screen(text)
        return verdict.action != "allow" or verdict.is_reported

    assert [text for text in TERMS if not is_found(text)] == []


@pytest.mark.filterwarnings("ignore")  # what wordfreq's own dependencies warn of is not ours
@pytest.mark.parametrize("language", sorted(EVERYDAY))
def test_common_words_pass_unless_they_are_listed(book: RuleBook, language: str) -> None:
    import wordfreq

    common = wordfreq.top_n_list(language, 5000)
    hit = [word for word in common if book.screen(word).hits]
    # A word may only be hit if it is itself a term, letter for letter after folding.
    assert [word for word in hit if words(word) not in TERMS] == []
    assert [word for word in common if book.screen(f"so {word}, ok").hits] == hit


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("language", sorted(EVERYDAY))
def test_list_of_one_language_spares_common_words_of_the_others(
    book: RuleBook, language: str
) -> None:
    import wordfreq

    from moderation.filters import lists

    own = {rule.text for rule in lists.language_rules(language)}
    common = wordfreq.top_n_list(language, 5000)
    assert [word for word in common if book.screen(word).hits and words(word) not in own] == []


@pytest.mark.parametrize(
    ("language", "line"),
    [(language, line.strip()) for language, all in EVERYDAY.items() for line in all.split("|")],
)
def test_everyday_line_passes(book: RuleBook, language: str, line: str) -> None:
    verdict = book.screen(line, early=True)
    assert (verdict.action, verdict.is_reported) == ("allow", False), language


@pytest.mark.filterwarnings("ignore")
def test_common_words_pass_letter_by_letter(book: RuleBook) -> None:
    import wordfreq

    common = wordfreq.top_n_list("en", 5000)
    honest = [word for word in common if word.isalpha() and not book.screen(word).hits]
    hit = {word for word in honest if book.screen(" ".join(word)).action != "allow"}
    # `e con` and the like: little words before and after a term.
    assert hit <= {"economy", "mass", "unique"}
