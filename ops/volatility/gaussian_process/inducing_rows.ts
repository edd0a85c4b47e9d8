/**
 * Which rows stand for all of them in a sparse Gaussian process.
 *
 * @module
 */

/**
 * Chooses rows that lie far from each other: the one nearest to the mean, then
 * again and again the one farthest from all chosen before (Gonzalez 1985). The
 * first rows of a longer choice are the shorter one; repeated rows come once.
 *
 * @param values Rows `[n, width]`, columns scaled alike.
 * @param width Columns.
 * @param count Most rows to choose.
 * @returns Indices of the chosen rows.
 */
export function inducingRows(
  values: Float64Array,
  width: number,
  count: number,
): number[] {
  const rows = values.length / width;
  const distances = new Float64Array(rows).fill(Infinity);
  const chosen: number[] = [];
  let next = nearestToMean(values, width);
  while (chosen.length < Math.min(count, rows)) {
    chosen.push(next);
    let farthest = 0;
    for (let row = 0; row < rows; row += 1) {
      const distance = Math.min(
        distances[row] ?? NaN,
        squaredDistance(values, width, row, next),
      );
      distances[row] = distance;
      if (distance > (distances[farthest] ?? NaN)) farthest = row;
    }
    if (!((distances[farthest] ?? NaN) > 0)) break;
    next = farthest;
  }
  return chosen;
}

function squaredDistance(
  values: Float64Array,
  width: number,
  row: number,
  other: number,
): number {
  let sum = 0;
  for (let column = 0; column < width; column += 1) {
    const difference = (values[row * width + column] ?? NaN) -
      (values[other * width + column] ?? NaN);
    sum += difference * difference;
  }
  return sum;
}

function nearestToMean(values: Float64Array, width: number): number {
  const rows = values.length / width;
  const means = new Float64Array(width);
  values.forEach((value, index) => {
    means[index % width] = (means[index % width] ?? NaN) + value / rows;
  });
  let nearest = 0;
  let least = Infinity;
  for (let row = 0; row < rows; row += 1) {
    let sum = 0;
    for (let column = 0; column < width; column += 1) {
      sum += ((values[row * width + column] ?? NaN) -
        (means[column] ?? NaN)) ** 2;
    }
    if (sum < least) {
      least = sum;
      nearest = row;
    }
  }
  return nearest;
}
