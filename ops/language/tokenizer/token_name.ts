/**
 * Tokens by their ids, with an error for ids that have none.
 *
 * @module
 */

import { ParameterError } from "../../../runtime/core/errors.ts";

/**
 * Gives a token that must be there.
 *
 * @param token The token, if there is one.
 * @param id Its id.
 * @param size Number of tokens.
 * @returns The token.
 * @throws {ParameterError} Where there is none.
 */
export function requireToken(
  token: string | undefined,
  id: number,
  size: number,
): string {
  if (token !== undefined) return token;
  throw new ParameterError(`Cannot name a token as its id is ${id}`, {
    expected: `an integer from 0 to ${size - 1}`,
  });
}
