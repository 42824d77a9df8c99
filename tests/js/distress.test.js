/** Which words bring up the card with lines that listen. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { isDistress } from "../../static/js/core/distress.js";

test("who speaks of harming themselves is heard, whatever the accents and signs", () => {
  for (const text of [
    "I want to KILL MYSELF",
    "i don’t want to live anymore",
    "sometimes... I'd be better off dead.",
    "me quiero morir",
    "quiero hacerme daño",
    "Ich möchte nicht mehr leben",
    "j'ai envie de mourir",
    "não quero viver",
    "أريد أن أموت",
  ]) {
    assert.ok(isDistress(text), text);
  }
});

test("ordinary words and insults are not taken for it", () => {
  for (const text of [
    "",
    "hello, how are you?",
    "kill yourself",
    "that killed me, so funny",
    "the film ends my favourite series",
    "a suicide squad fan",
    "ich sterbe vor lachen",
    "muero de hambre",
    "je meurs de faim",
  ]) {
    assert.ok(!isDistress(text), text);
  }
});
