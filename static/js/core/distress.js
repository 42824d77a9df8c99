/**
 * Whether somebody writes that they may harm themselves. The page alone looks, so that nobody is told who was offered
 * help: a short list that only knows people speaking of themselves, in the languages of the pages. It overlooks much
 * and is wrong at times; all that follows is a card that can be closed.
 */

const PHRASES = [
  // English
  "kill myself|killing myself|end my life|ending my life|take my own life|end it all|suicidal|hurt myself|harm myself|cut myself on purpose|self harm|want to die|wanna die|better off dead|dont want to live|no reason to live|want to commit suicide|thinking about suicide|thinking of suicide",
  // Español
  "quiero matarme|me quiero matar|me voy a matar|quiero suicidarme|me quiero suicidar|quiero morir|quiero morirme|me quiero morir|no quiero vivir|hacerme dano|quitarme la vida",
  // Deutsch
  "will mich umbringen|bringe mich um|bring mich um|will sterben|mochte sterben|will nicht mehr leben|mochte nicht mehr leben|mir das leben nehmen|mich selbst verletzen|ich ritze mich|selbstmordgedanken|suizidgedanken",
  // Français
  "me suicider|veux mourir|envie de mourir|vais me tuer|veux me tuer|en finir avec la vie|mettre fin a mes jours|plus envie de vivre|veux plus vivre|me faire du mal|me mutiler",
  // Português
  "quero me matar|vou me matar|quero matar me|quero morrer|nao quero viver|nao quero mais viver|tirar a minha vida|tirar minha vida|me suicidar|suicidar me|me machucar de proposito",
  // العربية
  "اريد ان اموت|اريد الموت|اقتل نفسي|سانتحر|انهي حياتي|اؤذي نفسي|لا اريد ان اعيش",
]
  .join("|")
  .split("|")
  .map((phrase) => ` ${folded(phrase)} `);

/**
 * Letters without their marks, apart by single spaces.
 *
 * @param {string} text
 */
function folded(text) {
  return text
    .normalize("NFKD")
    .replace(/[\p{M}'’`]/gu, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

/** @param {string} text */
export function isDistress(text) {
  const words = ` ${folded(text)} `;
  return PHRASES.some((phrase) => words.includes(phrase));
}
