/**
 * An interpreter of Jinja templates that does a bounded amount of work.
 *
 * @module
 */

import { type Environment, Interpreter } from "@huggingface/jinja";

/** Most steps of one rendering; elements that loops go over count too. */
const MAX_STEPS = 500_000;

/** Steps for each element that a loop goes over. */
const LOOP_STEPS = 5;

/** Parts of lists that are looked at for a step. */
const PARTS_OF_STEP = 64;

/** Most characters of a text that a template makes. */
const MAX_OUTPUT = 1 << 24;

/** Characters that a part of a list or mapping counts as, beside its own. */
const PART_LENGTH = 16;

/** Most elements of a list that a template makes. */
export const MAX_LIST = 100_000;

type Statement = Parameters<Interpreter["evaluate"]>[0];
type RuntimeValue = ReturnType<Interpreter["evaluate"]>;

/** A template went beyond a bound. */
export class TemplateBoundError extends Error {
  /** The name that is shown before the message. */
  override name = "TemplateBoundError";
}

/** An interpreter that counts what it does. */
export class BoundedInterpreter extends Interpreter {
  readonly #loopedOver = new WeakSet<object>();
  readonly #lengths = new WeakMap<object, number>();
  #namespaces = 0;
  #steps = 0;

  /**
   * Evaluates a statement, as the interpreter does with each part of a template.
   *
   * @param statement The statement.
   * @param environment What it may name.
   * @returns Its value.
   * @throws {TemplateBoundError} When a bound is passed.
   */
  override evaluate(
    statement: Statement,
    environment: Environment,
  ): RuntimeValue {
    this.#count(1);
    if (statement?.type === "For") this.#noteLoop(statement);
    const result = super.evaluate(statement, environment);
    const { value } = result;
    if (typeof value === "string") {
      if (value.length > MAX_OUTPUT) {
        throw new TemplateBoundError(
          `makes a text of ${value.length} characters`,
        );
      }
      this.#count(value.length / PARTS_OF_STEP);
    } else if (Array.isArray(value)) {
      if (value.length > MAX_LIST) {
        throw new TemplateBoundError(
          `makes a list of ${value.length} elements`,
        );
      }
      const isLoop = statement !== undefined && this.#loopedOver.has(statement);
      this.#count(
        isLoop ? LOOP_STEPS * value.length : value.length / PARTS_OF_STEP,
      );
    }
    this.#lengthOf(result);
    return result;
  }

  /** Remembers what a loop goes over, as each of its elements is a step. */
  #noteLoop(loop: object): void {
    if (!("iterable" in loop)) return;
    const { iterable } = loop;
    if (typeof iterable !== "object" || iterable === null) return;
    this.#loopedOver.add(iterable);
    if (
      "lhs" in iterable && typeof iterable.lhs === "object" &&
      iterable.lhs !== null
    ) this.#loopedOver.add(iterable.lhs);
  }

  /**
   * About how many characters a value would be as text. A list that stands twice
   * in another counts twice, so that few steps cannot make a text without end.
   */
  #lengthOf({ type, value }: RuntimeValue): number {
    if (typeof value === "string") return value.length;
    if (!Array.isArray(value) && !(value instanceof Map)) return 1;
    const known = this.#lengths.get(value);
    if (known !== undefined) return known;
    // What holds a namespace may change, and is measured each time
    if (type === "NamespaceValue") this.#namespaces++;
    const before = this.#namespaces;
    let length = 0;
    for (const [key, part] of value.entries()) {
      length += PART_LENGTH + this.#lengthOf(part) +
        (typeof key === "string" ? key.length : 0);
      if (length > MAX_OUTPUT) {
        throw new TemplateBoundError(
          `makes lists in lists of over ${MAX_OUTPUT} characters`,
        );
      }
      this.#count(1 / PARTS_OF_STEP);
    }
    if (type !== "NamespaceValue" && this.#namespaces === before) {
      this.#lengths.set(value, length);
    }
    return length;
  }

  #count(steps: number): void {
    this.#steps += steps;
    if (this.#steps > MAX_STEPS) {
      throw new TemplateBoundError(`takes over ${MAX_STEPS} steps`);
    }
  }
}
