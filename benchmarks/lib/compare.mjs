import { setTimeout } from 'node:timers/promises';
import { release } from '@pinsage/native';

/**
 * One row of a benchmark: peer and ours in turn, so that a machine whose speed drifts drifts for both, and the ratio pair by pair.
 *
 * @param {object} row
 * @param {string} row.id
 * @param {string} row.work  what one run does, for the table
 * @param {string} row.unit  of peerMedian and oursMedian: 'seconds' or 'items/s'
 * @param {number} [row.items]  items a run handles, for 'items/s'
 * @param {string | null} row.peer  the peer's name and version
 * @param {() => Promise<number>} [row.runPeer]  seconds of one run; none when there is no peer
 * @param {() => Promise<number>} row.runOurs  seconds of one run
 * @param {number} [row.rounds]  counted rounds, after one that is not counted; default 7
 * @param {(ours: number) => number} [row.limitShare]  share of the machine's limit at our median seconds
 * @param {() => Promise<number>} [row.runLimit]  seconds that the machine itself needs for as much, measured in every round
 * @param {number} [row.target]  the ratio to reach
 */
export async function compare(row) {
  const { id, work, unit, items = 1, peer, runPeer, runOurs, rounds = 7, limitShare, runLimit, target } = row;
  const peerSeconds = [];
  const oursSeconds = [];
  const limitShares = [];
  for (let round = 0; round <= rounds; ++round) {
    const peerRun = runPeer ? await steady(runPeer) : Number.NaN;
    // OpenMP's threads spin for a while when their work is done, here the peer's on our processors.
    if (runPeer) await setTimeout(300);
    const oursRun = await steady(runOurs);
    const limitRun = await runLimit?.();
    if (round === 0) continue;
    peerSeconds.push(peerRun);
    oursSeconds.push(oursRun);
    if (runLimit) limitShares.push(limitRun / oursRun);
  }
  const share = runLimit ? () => median(limitShares) : limitShare;
  return rowOf({ id, work, unit, items, peer, peerSeconds, oursSeconds, limitShare: share, target });
}

/** Seconds of a run, the mean of as many as take a quarter of a second: after the other side's turn caches are cold. */
async function steady(run) {
  const runs = [];
  for (const start = performance.now(); performance.now() - start < 250; ) runs.push(await run());
  return runs.reduce((sum, seconds) => sum + seconds, 0) / runs.length;
}

/** The row of what was measured: the seconds of each round. */
export function rowOf({ id, work, unit, items = 1, peer, peerSeconds, oursSeconds, limitShare, target }) {
  const ratios = oursSeconds.map((ours, round) => peerSeconds[round] / ours);
  const figure = (seconds) => (unit === 'seconds' ? seconds : items / seconds);
  const or = (value) => (Number.isFinite(value) ? value : null);
  return {
    id,
    work,
    unit,
    peer,
    peerMedian: or(figure(median(peerSeconds))),
    oursMedian: figure(median(oursSeconds)),
    ratio: or(median(ratios)),
    limitShare: limitShare ? limitShare(median(oursSeconds)) : null,
    spread: { ours: spread(oursSeconds), peer: or(spread(peerSeconds)), ratio: or(spread(ratios)) },
    target: target ?? null,
    rounds: oursSeconds.length,
  };
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** (max - min) / median. */
function spread(values) {
  return (Math.max(...values) - Math.min(...values)) / median(values);
}

/** Seconds of a call whose result is given back then, as by a program that calls again and again. */
export async function secondsAndRelease(call) {
  const start = performance.now();
  const result = await call();
  const time = (performance.now() - start) / 1000;
  release(result);
  return time;
}

/** Seconds that an asynchronous piece of work takes. */
export async function seconds(work) {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
