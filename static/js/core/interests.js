/**
 * What people like to talk about, for those who can think of nothing: as the server writes it, by its other names too.
 * Interests are matched by their word as it was written: each language has a list of its own, and a chip stays as it is.
 */

import { gettext } from "./gettext.js";

export const INTERESTS = Object.freeze(
  gettext(
    // Translators: interests that are offered while somebody types, parted by ", ". Not to be translated one by one:
    // write what people who speak your language would type, in small letters and in the order of its alphabet.
    "anime, architecture, art, astronomy, baking, basketball, birds, board games, books, camping, cars, cats, chess, " +
      "classical music, climate, comedy, comics, cooking, cricket, crosswords, cycling, dancing, design, dogs, drawing, " +
      "dreams, economics, electronic music, fashion, fishing, fitness, folklore, football, formula 1, gaming, gardening, " +
      "geography, guitar, hiking, hip hop, history, horror movies, houseplants, jazz, knitting, kpop, " +
      "learning english, learning languages, linguistics, lord of the rings, magic, maths, meditation, memes, metal, " +
      "mindfulness, movies, music, mythology, nature, news, nutrition, painting, parenting, pets, philosophy, photography, " +
      "physics, piano, pizza, podcasts, poetry, politics, programming, psychology, puzzles, rap, recipes, " +
      "relationships, religion, robots, rock, role playing games, running, sailing, science, science fiction, singing, " +
      "skateboarding, skiing, space, stand up comedy, star wars, startups, stories, studying, surfing, swimming, tea, " +
      "technology, tennis, theatre, travel, tv shows, vegan food, volleyball, volunteering, weather, woodworking, work, " +
      "writing, yoga",
  ).split(", "),
);
