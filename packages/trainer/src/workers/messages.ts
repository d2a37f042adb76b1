/** What workers say to worker 0, and it to them, beside the numbers that they exchange. */

/** Others are refused. */
export const PROTOCOL = 1;

/** The first word of whoever wants to join. */
export interface Hello {
  pinsage: number;
  token: string;
  /** null: any that is free. */
  rank: number | null;
}

/** The answer: either why not, or which worker it is and what worker 0 has to say to all of them. */
export type Welcome = { refused: string } | { rank: number; size: number; setup: unknown };

/** Then each says where it can be reached, one address for each other worker, and hears where it reaches the others. */
export interface Addresses {
  addresses: string[];
}

/** The last word of a worker; `failure` where it did not come to its end. Worker 0 passes on whose it was. */
export interface Farewell {
  left: number;
  failure?: { code: string; message: string };
}
