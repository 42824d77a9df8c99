/** What people like to talk about, for those who can think of nothing: as the server writes it, by its other names too. */

export const INTERESTS = Object.freeze(
  (
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
    "writing, yoga"
  ).split(", "),
);
