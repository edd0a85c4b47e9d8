/**
 * Words that speak for a rise or a fall: our own list, short and of plain words, so
 * that it can be read and argued about. It is no published lexicon.
 *
 * @module
 */

/** Words of good news; their inflected forms count too. */
const RISING =
  `accelerate achieve advance ahead approve approval attractive award
beat benefit best better boost breakthrough bullish buyback climb confident confidence
delight double efficient enhance encourage encouraging exceed excellent exceptional
expand expansion favorable favourable gain good great grow growth healthy impressive
improve improvement increase innovative jump lead lift milestone momentum opportunity
optimistic outgrow outpace outperform outstanding pleased positive profitable progress
prosper raise rally rebound recover recovery record resilient robust rise scalable
solid stabilize strength strengthen strong stronger strongest succeed success
successful superior surge surpass tailwind terrific thrive tremendous upbeat upgrade
upside win`;

/** Words of bad news; their inflected forms count too. */
const FALLING =
  `adverse adversely allegation bad bankrupt bankruptcy bearish breach
burden cautious challenge challenging closure complaint concern
contraction cut damage decelerate decline decrease default defect deficit delay
deteriorate deterioration difficult difficulty disappoint disappointing disappointment
disruption downgrade downside downturn drag drop erode erosion fail failure fall
fine fraud hamper headwind hurt impair impairment inadequate investigate investigation
lag lawsuit layoff litigation lose loss lower miss negative overrun penalty plunge
poor pressure probe recall recession resign restate restructuring shortage shortfall
shrink shut slow slowdown slump soft softness strain struggle suspend tariff terminate
tough trouble turmoil uncertain uncertainty underperform unfavorable unfavourable
volatile warn warning weak weaken weakness worse worst writedown`;

/** Words that turn what follows them. */
const TURNING = new Set([
  "not",
  "no",
  "never",
  "neither",
  "nor",
  "without",
  "hardly",
  "cannot",
  "isn't",
  "wasn't",
  "aren't",
  "weren't",
  "don't",
  "doesn't",
  "didn't",
  "won't",
  "couldn't",
  "wouldn't",
]);

/** Words behind one that turns which it still turns. */
const REACH = 3;

/** Characters of a text that are read. */
const MAX_CHARACTERS = 1_000_000;

function formsOf(word: string): string[] {
  const forms = [word, `${word}s`, `${word}ed`, `${word}ing`, `${word}es`];
  if (word.endsWith("e")) {
    const stem = word.slice(0, -1);
    forms.push(`${word}d`, `${stem}ing`);
  }
  if (word.endsWith("y")) {
    const stem = word.slice(0, -1);
    forms.push(`${stem}ies`, `${stem}ied`);
  }
  const last = word.at(-1)!;
  if (/^[a-z]*[^aeiou][aeiou][bgnpt]$/.test(word)) {
    forms.push(`${word}${last}ed`, `${word}${last}ing`);
  }
  return forms;
}

function wordsOf(list: string): Set<string> {
  return new Set(list.split(/\s+/).flatMap(formsOf));
}

const IRREGULAR_RISING = [
  "grew",
  "grown",
  "rose",
  "risen",
  "won",
  "led",
  "overcame",
];
const IRREGULAR_FALLING = ["fell", "fallen", "lost", "shrank", "shrunk"];

const RISING_WORDS = new Set([...wordsOf(RISING), ...IRREGULAR_RISING]);
const FALLING_WORDS = new Set([...wordsOf(FALLING), ...IRREGULAR_FALLING]);

/** How a text sounds. */
export interface TextTone {
  /** Words that speak for a rise. */
  readonly rising: number;
  /** Words that speak for a fall. */
  readonly falling: number;
  /** All words. */
  readonly words: number;
  /** `(rising - falling) / (rising + falling + 2)`, between -1 and 1; 0 of none. */
  readonly tone: number;
}

/**
 * How a text sounds, by a list of English words. A word within three words behind
 * "not" and its like counts for the other side.
 *
 * @param text The text.
 * @returns Counts and tone.
 *
 * @example
 * ```ts
 * import { textTone } from "@weft/weft/ops/evidence";
 *
 * console.log(textTone("Revenue grew and margins improved").tone); // 0.5
 * console.log(textTone("Demand did not improve").falling); // 1
 * ```
 */
export function textTone(text: string): TextTone {
  let [rising, falling, words, turned] = [0, 0, 0, 0];
  const found = text.slice(0, MAX_CHARACTERS).toLowerCase()
    .replaceAll("\u2019", "'").matchAll(/[a-z]+(?:'[a-z]+)?|[.!?;]/g);
  for (const [word] of found) {
    if (/^[.!?;]$/.test(word)) {
      turned = 0;
      continue;
    }
    words++;
    const isTurned = turned > 0;
    turned = TURNING.has(word) ? REACH : Math.max(0, turned - 1);
    const isRising = RISING_WORDS.has(word);
    const isFalling = FALLING_WORDS.has(word);
    if (!isRising && !isFalling) continue;
    if (isRising !== isTurned) rising++;
    else falling++;
  }
  const tone = (rising - falling) / (rising + falling + 2);
  return { rising, falling, words, tone };
}
