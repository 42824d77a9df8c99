"""Random names for strangers, two words such as "Quiet Heron".

A name says nothing about who bears it and is not unique: seats and visitor ids tell people apart,
elsewhere. Whoever adds a word reads it against the whole other list, as somebody who wants to
insult: no bodies, sizes, minds, peoples, faiths, parties or genders, nothing with a second
meaning. Called by chat's services when a visitor is welcomed; nothing else lives here.
"""

import random
import secrets
from typing import Final

_ADJECTIVES: Final = """
Able Adept Adroit Affable Agile Airy Alert Ambitious Amiable Amused Apt Aquatic Arctic Artful
Artistic Astral Astute Attentive Autumnal Avid Balanced Beaming Blissful Bold Bookish Botanical
Brave Breezy Bright Brilliant Brisk Calm Capable Carefree Careful Caring Celestial Charming
Cheerful Cheery Chirpy Civil Clever Cloudless Cloudy Coastal Collected Comfy Composed Considerate
Constant Content Cordial Cosmic Courteous Cozy Crafty Creative Curious Daring Dashing Dauntless
Dazzling Decent Dedicated Deft Delightful Determined Diligent Diplomatic Discerning Dreamy Dutiful
Dynamic Earnest Eclectic Elated Elegant Eloquent Enchanted Endless Energetic Evergreen Exact
Excellent Fabled Famous Fearless Festive Fluent Focused Forthright Fortunate Friendly Frosty
Gallant Generous Gentle Genuine Glad Gleaming Gleeful Glittering Glowing Graceful Gracious Grateful
Grounded Happy Harmonious Hearty Helpful Heroic Hidden Honest Hopeful Humble Ideal Idyllic
Imaginative Industrious Ingenious Inspired Intrepid Inventive Jaunty Jazzy Jolly Jovial Joyful
Jubilant Judicious Keen Kind Kindly Laughing Legendary Leisurely Lighthearted Literary Lively
Logical Loyal Lucid Lucky Luminous Lunar Lyrical Magical Magnetic Majestic Marvelous Mellow Merry
Mild Mindful Mirthful Modern Musical Mysterious Nautical Neat Neighborly Nifty Nimble Noble Notable
Oceanic Optimistic Orderly Original Outgoing Patient Peaceful Peppy Perceptive Pleasant Plucky
Poetic Poised Polite Practical Precise Prepared Prudent Punctual Quick Quiet Quirky Radiant Rapid
Rare Rational Refined Reflective Regal Relaxed Reliable Remarkable Resilient Resolute Resourceful
Respectful Restful Roaming Rustic Savvy Scenic Scholarly Seasoned Sensible Serene Shining Silent
Silver Sincere Smart Smiling Snappy Soaring Sociable Solar Sparkling Spirited Splendid Sporty
Sprightly Starlit Starry Stately Steadfast Steady Stellar Studious Stylish Subtle Sunlit Sunny
Superb Supportive Swift Tactful Talented Tenacious Thankful Thorough Thoughtful Thriving Tidal Tidy
Timeless Tranquil Trusty Unhurried Useful Valiant Verdant Vigilant Vivid Warmhearted Whimsical
Winged Winsome Wintry Wise Witty Wonderful Wondrous Worldly Worthy
"""

_NOUNS: Final = """
Accordion Albatross Alder Almanac Alpaca Alphabet Anchor Anemone Antelope Armadillo Aspen Aster
Atlas Auk Avocet Axolotl Badger Ballad Bay Beacon Bee Beetle Begonia Bergamot Bilberry Bilby Birch
Bison Blueberry Bobcat Bookmark Bowerbird Breeze Bridge Brook Bullfinch Canoe Capybara Caracal
Caribou Castle Cedar Cello Chaffinch Chameleon Chamois Chapter Cicada Cinnamon Clarinet Cloud
Clover Coati Comet Constellation Coral Cormorant Cove Crake Cranberry Crane Cricket Crocus Curlew
Cuttlefish Dandelion Dolphin Dormouse Dove Dragonfly Drum Dune Dunlin Dunnock Echidna Eider Eland
Elderberry Elk Elm Ember Emu Equinox Falcon Fennec Fern Ferret Fieldfare Finch Firecrest Firefly
Fjord Forest Foxglove Gecko Genet Glacier Goldcrest Goldfinch Guillemot Guitar Gull Haiku Harbor
Hare Harp Heron Hibiscus Horizon Hyacinth Hyrax Ibex Ibis Inkwell Island Jaguar Jerboa Jigsaw
Kaleidoscope Kangaroo Kayak Kite Kittiwake Koala Kudu Lake Lantern Larch Lark Leopard Library
Lighthouse Lightning Lilac Linden Linnet Lion Llama Lobster Lorikeet Lotus Lynx Lyrebird Macaw
Magnolia Magpie Mallard Mandolin Mantis Maple Marigold Marimba Marlin Marmot Marten Meadow Meerkat
Melody Meteor Minnow Mitten Moss Moth Mountain Mustang Narwhal Nautilus Nebula Newt Oak Oasis Oboe
Observatory Ocelot Octopus Okapi Orbit Orchard Origami Oriole Oryx Osprey Owl Parakeet Parchment
Parrot Partridge Pavilion Pebble Pelican Penguin Petrel Petunia Piano Planet Plover Poplar Postcard
Prairie Primrose Ptarmigan Puzzle Quill Quince Quokka Raindrop Redwing Reef Reindeer Rhyme Ribbon
Riddle Ridge River Robin Rowan Sailboat Salamander Salmon Sandpiper Satellite Savanna Scarf
Shearwater Siskin Skua Skylark Snowdrop Solstice Sonata Sparrow Spruce Squid Squirrel Starlight
Starling Stoat Stonechat Stork Sturgeon Summit Sunbeam Sundial Sunflower Sunrise Sunset Swan
Sycamore Teacup Teapot Telescope Tern Thistle Thunder Tide Tiger Tortoise Toucan Tram Tundra
Turnstone Valley Veranda Vicuna Violin Wallaby Waltz Warbler Wave Waxwing Weaver Whimbrel Wigeon
Willow Windmill Wombat Wren Zephyr
"""

ADJECTIVES: Final[tuple[str, ...]] = tuple(_ADJECTIVES.split())
NOUNS: Final[tuple[str, ...]] = tuple(_NOUNS.split())

_SYSTEM: Final = secrets.SystemRandom()


def random_name(rng: random.Random | None = None) -> str:
    """Draw a name: an adjective, a space and a noun, ASCII letters, at most 32 characters.

    Every pair of the two lists is equally likely (about 75,000), so two visitors may get the same
    one. Without `rng` the system's randomness is used, so a name cannot be foretold.
    """
    source = _SYSTEM if rng is None else rng
    return f"{source.choice(ADJECTIVES)} {source.choice(NOUNS)}"
