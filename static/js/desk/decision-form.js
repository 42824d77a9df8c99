/** The form of a decision: the ladder's suggestion, ready sentences, what the person will read. */

/**
 * @param {HTMLFormElement} form
 * @param {HTMLDialogElement} confirmation
 */
export function createDecisionForm(form, confirmation) {
  const rule = /** @type {HTMLSelectElement} */ (form.querySelector("#desk-rule"));
  const facts = /** @type {HTMLTextAreaElement} */ (form.querySelector("#desk-facts"));
  const why = /** @type {HTMLTextAreaElement} */ (form.querySelector("#desk-why"));
  const preview = /** @type {HTMLElement} */ (form.querySelector("#desk-preview"));
  const beyond = /** @type {HTMLElement} */ (form.querySelector("#desk-beyond"));
  const beyondLabel = /** @type {HTMLElement} */ (form.querySelector("#desk-beyond-label"));
  /** @type {HTMLInputElement[]} */
  const radios = [...form.querySelectorAll("input[name=measure]")].map(
    (radio) => /** @type {HTMLInputElement} */ (radio),
  );
  let wasChosen = false;
  let isConfirmed = false;

  const chosenRule = () => rule.options[rule.selectedIndex]?.dataset ?? {};
  const chosenMeasure = () => radios.find((radio) => radio.checked);

  function showSuggestion() {
    const { suggested, suggestedLabel } = chosenRule();
    for (const radio of radios) {
      const mark = radio.parentElement?.querySelector(".desk-suggested");
      mark?.toggleAttribute("hidden", radio.value !== suggested);
      if (!wasChosen) radio.checked = radio.value === suggested;
    }
    beyond.hidden = radios.some((radio) => radio.value === suggested);
    beyondLabel.textContent = suggestedLabel ?? "";
  }

  function showPreview() {
    const measure = chosenMeasure();
    const isDismissal = measure?.value === "dismiss";
    for (const part of form.querySelectorAll("[data-for-measure]"))
      part.classList.toggle("is-idle", isDismissal);
    facts.required = !isDismissal;
    const said = facts.value.trim() || "…";
    preview.textContent = isDismissal
      ? "Nothing: a dismissal is told to who reported it only."
      : `${chosenRule().title}. ${said} ${measure?.dataset.next ?? ""}`;
  }

  function showPresets() {
    for (const group of form.querySelectorAll("[data-presets]"))
      group.toggleAttribute("hidden", group.getAttribute("data-presets") !== rule.value);
  }

  rule.addEventListener("change", () => {
    why.value = chosenRule().why ?? "";
    showPresets();
    showSuggestion();
    showPreview();
  });
  for (const radio of radios)
    radio.addEventListener("change", () => {
      wasChosen = true;
      showPreview();
    });
  facts.addEventListener("input", showPreview);
  for (const preset of form.querySelectorAll(".desk-preset"))
    preset.addEventListener("click", () => {
      facts.value = [facts.value.trim(), preset.textContent].filter(Boolean).join(" ").slice(0, 500);
      showPreview();
    });
  form.addEventListener("submit", (event) => {
    if (chosenMeasure()?.value !== "permanent" || isConfirmed) return;
    event.preventDefault();
    confirmation.returnValue = "";
    confirmation.showModal();
  });
  confirmation.addEventListener("close", () => {
    if (confirmation.returnValue !== "yes") return;
    isConfirmed = true;
    submit();
  });

  function submit() {
    form.requestSubmit(/** @type {HTMLElement} */ (form.querySelector("#desk-decide")));
  }

  wasChosen = facts.value !== "";
  showSuggestion();
  showPreview();
  return {
    submit,
    /**
     * Choose a measure, if it may be imposed.
     *
     * @param {string} measure
     */
    choose(measure) {
      const radio = radios.find((each) => each.value === measure);
      if (!radio) return;
      radio.checked = true;
      radio.focus();
      wasChosen = true;
      showPreview();
    },
  };
}
