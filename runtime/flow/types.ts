/**
 * The types that users meet: ops, nodes, outputs and what may be wired.
 *
 * @module
 */

import type { $ZodType } from "zod/v4/core";
import type { PortRecord, PortValues } from "../ports/mod.ts";
import type { NodeLike, Output } from "./node_core.ts";
import type { OpContext, OpInfo, OpKind } from "./op_info.ts";
import type { RunOptions } from "./options.ts";
import type { Plan } from "./plan.ts";

/** No keys at all: the params of an op that takes none. */
export type Nothing = Record<never, never>;

/** Names that outputs may not have, since a node has methods named so. */
export type ReservedName = "value" | "plan" | "explain" | "then";

/**
 * What may be given for an input of type `T`: the value, an output of a node,
 * or, for lists and records, a list or record with outputs in it.
 */
export type Wired<T> = T | Output<T> | WiredParts<T>;

/** Lists and records of a type with outputs in place of values. */
export type WiredParts<T> = T extends readonly (infer E)[] ? readonly Wired<E>[]
  : T extends object
    ? string extends keyof T ? { readonly [K in keyof T]: Wired<T[K]> } : never
  : never;

/** What may be given for the inputs of an op whose values are `I`. */
export type WiredInputs<I> = { readonly [K in keyof I]: Wired<I[K]> };

/** Inputs and params of a call; both may be left out where nothing is required. */
export type CallArguments<I, P> = Nothing extends P
  ? Nothing extends I ? [inputs?: I, params?: P] : [inputs: I, params?: P]
  : [inputs: I, params: P];

/** What every node can do. */
export interface NodeMethods<O> extends NodeLike {
  /**
   * Runs what is needed and gives the outputs.
   *
   * @param options Where to store, how to cancel, what to report.
   * @returns The outputs; tensors among them may still be lazy.
   * @throws {OpError} If the body of an op threw.
   * @throws {CancelledError} If the run was cancelled.
   */
  value(options?: RunOptions): Promise<O>;
  /**
   * Says what a run would do, and why, without running anything.
   *
   * @param options As for {@linkcode NodeMethods.value}.
   * @returns The state of each node.
   */
  plan(options?: RunOptions): Promise<Plan>;
  /**
   * The plan in words.
   *
   * @param options As for {@linkcode NodeMethods.value}.
   * @returns A text with one line a node.
   */
  explain(options?: RunOptions): Promise<string>;
}

/**
 * An op applied to inputs: each of its outputs by name, to be wired into other
 * ops, and the methods that run it. Immutable, free to create, never thenable.
 */
export type Node<O> =
  & { readonly [K in keyof O]-?: Output<O[K]> }
  & NodeMethods<O>;

/** Any node, whatever its outputs are. */
export type AnyNode = NodeMethods<unknown>;

/** The type of the outputs that a node gives. */
export type ValueOf<N> = N extends NodeMethods<infer O> ? O : never;

/**
 * A pure function with typed ports. Called with values or with outputs of
 * other nodes it gives a {@linkcode Node}, and nothing runs yet.
 *
 * `I` are the types of the inputs by name, `P` of the params, `O` of the
 * outputs.
 */
export interface Op<I, P, O> {
  /**
   * Applies the op.
   *
   * @param args The inputs by name, then the params.
   * @returns The node; what is known of sizes and dtypes has been checked.
   * @throws {PortError} If an input can never fit its port.
   * @throws {ParameterError} If the params do not match their schema.
   */
  (...args: CallArguments<WiredInputs<I>, P>): Node<O>;
  /**
   * Runs the body at once on values: the same checks, no graph, no store.
   *
   * @param args The inputs by name, then the params.
   * @returns The outputs.
   */
  run(...args: CallArguments<I, P>): Promise<O>;
  /** Name, ports, params and the rest of what was declared. */
  readonly info: OpInfo;
}

/** Any op, whatever its types are. */
export type AnyOp = {
  /** Name, ports, params and the rest of what was declared. */
  readonly info: OpInfo;
};

/** Makes an output with a reserved name a compile-time error. */
export type WithoutReserved<O> = {
  readonly [K in Extract<keyof O, ReservedName>]:
    `An output cannot be named "${K}": a node has a method of that name`;
};

/** What an op is made from. */
export interface OpDefinition<
  I extends PortRecord,
  S extends $ZodType,
  O extends PortRecord,
> {
  /** A name for people and keys, for example `volatility/har`. */
  readonly name: string;
  /**
   * Stands for the text of the op in keys: raise it when results change. An op
   * without one (a notebook cell) is keyed by its text, for this session only.
   */
  readonly version?: string;
  /** What it does, in one line; empty by default. */
  readonly doc?: string;
  /**
   * The input ports by name, none by default; bare zod schemas are ports of
   * plain data.
   */
  readonly inputs?: I;
  /** The schema of the params; without it the op takes none. */
  readonly params?: S;
  /** The output ports by name; bare zod schemas are ports of plain data. */
  readonly outputs: O & WithoutReserved<O>;
  /** Helpers and constants that the body uses: they enter the key. */
  readonly uses?: readonly unknown[];
  /** Which limit of the scheduler it falls under; `cpu` by default. */
  readonly kind?: OpKind;
  /** How often a failed body is tried again, for `kind: "io"` only; default 0. */
  readonly retries?: number;
  /**
   * Declares that no row of an output depends on later rows of the inputs; false
   * by default. {@linkcode checkCausal} looks whether it is so.
   */
  readonly causal?: boolean;
  /**
   * Whether results are written to a store on disk like those of other ops; true
   * by default. False is for what is only read from files, of which a copy would
   * take room and no less time to read. `keep: "all"` writes them anyway.
   */
  readonly stored?: boolean;
  /**
   * The body: a pure function of inputs and params.
   *
   * @param inputs The values of the inputs.
   * @param params The params after defaults.
   * @param context Cancellation, progress and log.
   * @returns The outputs by name, at once or as a promise.
   */
  readonly run: (
    inputs: PortValues<I>,
    params: S["_zod"]["output"],
    context: OpContext,
  ) => PortValues<O> | Promise<PortValues<O>>;
}

/** The params that a caller gives for a schema. */
export type ParamsOf<S extends $ZodType> = S["_zod"]["input"];
