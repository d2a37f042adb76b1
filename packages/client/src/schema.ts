// Made by scripts/generate.mjs of @pinsage/client from the OpenAPI document of @pinsage/service.

export interface Operations {
  /** Whether the process lives (GET /health) */
  health: {
    answer: {
      status: "ok";
    };
  };
  /** Whether queries are answered: not while the run is opened, nor while the service shuts down (GET /ready) */
  ready: {
    answer: {
      status: "ready";
    };
  };
  /** Metrics in the text format of Prometheus (GET /metrics) */
  metrics: {
    answer: string;
  };
  /** Related pins of a pin (GET /v1/pins/{id}/related) */
  related: {
    path: {
      /** The id, as a text whatever it was imported as. */
      id: string;
    };
    query: {
      /** Pins to recommend. */
      top?: number;
      /** Columns' names with commas between. */
      columns?: string;
      /** The filter of the batch endpoint, as JSON. */
      filter?: string;
      /** Ids with commas between. */
      exclude?: string;
      /** How much unlikeness among the pins counts. */
      diversity?: number;
      /** Share of the graph's walks in the order. */
      walk?: number;
    };
    answer: {
      /** Best first. */
      pins: {
        /** The id, as a text whatever it was imported as. */
        id: string;
        row: number;
        /** Inner product of the pin's embedding and the query's. */
        score: number;
        [name: string]: unknown;
      }[];
    };
  };
  /** Related pins of many pins (POST /v1/related) */
  relatedBatch: {
    body: {
      pins: {
        /** The id, as a text whatever it was imported as. */
        id: string;
      }[];
      /** Pins to recommend. */
      top?: number;
      /** Columns to return with each pin. */
      columns?: string[];
      /** Conditions over the columns of the pins, all of which have to hold: a value, one of some, or bounds. */
      filter?: Record<string, string | number | boolean | null | (string | number | boolean | null)[] | {
          gte?: string | number;
          gt?: string | number;
          lte?: string | number;
          lt?: string | number;
          not?: string | number | boolean | null | (string | number | boolean | null)[];
        }>;
      /** Ids of pins to leave out. */
      exclude?: string[];
      /** How much unlikeness among the pins counts. */
      diversity?: number;
      /** Share of the graph's walks in the order. */
      walk?: number;
    };
    answer: {
      /** One for each query, in their order: its pins, or the error. */
      results: {
        pins?: {
          /** The id, as a text whatever it was imported as. */
          id: string;
          row: number;
          /** Inner product of the pin's embedding and the query's. */
          score: number;
          [name: string]: unknown;
        }[];
        error?: {
          /** Stable: a program may switch on it. */
          code: string;
          message: string;
          argument?: string;
          allowed?: string;
        };
      }[];
    };
  };
  /** Pins for a board, or for a list of pins (POST /v1/home-feed) */
  homeFeed: {
    body: {
      /** The id, as a text whatever it was imported as. */
      board?: string;
      /** Instead of a board. */
      pins?: {
        /** The id, as a text whatever it was imported as. */
        id: string;
      }[];
      /** One for each of the pins. Default: 1 each. */
      weights?: number[];
      /** Pins to recommend. */
      top?: number;
      /** Columns to return with each pin. */
      columns?: string[];
      /** Conditions over the columns of the pins, all of which have to hold: a value, one of some, or bounds. */
      filter?: Record<string, string | number | boolean | null | (string | number | boolean | null)[] | {
          gte?: string | number;
          gt?: string | number;
          lte?: string | number;
          lt?: string | number;
          not?: string | number | boolean | null | (string | number | boolean | null)[];
        }>;
      /** Ids of pins to leave out. */
      exclude?: string[];
      /** How much unlikeness among the pins counts. */
      diversity?: number;
      /** Share of the graph's walks in the order. */
      walk?: number;
    };
    answer: {
      /** Best first. */
      pins: {
        /** The id, as a text whatever it was imported as. */
        id: string;
        row: number;
        /** Inner product of the pin's embedding and the query's. */
        score: number;
        [name: string]: unknown;
      }[];
    };
  };
  /** Pins for many boards or lists of pins (POST /v1/home-feeds) */
  homeFeedBatch: {
    body: {
      queries: {
        /** The id, as a text whatever it was imported as. */
        board?: string;
        /** Instead of a board. */
        pins?: {
          /** The id, as a text whatever it was imported as. */
          id: string;
        }[];
        /** One for each of the pins. Default: 1 each. */
        weights?: number[];
      }[];
      /** Pins to recommend. */
      top?: number;
      /** Columns to return with each pin. */
      columns?: string[];
      /** Conditions over the columns of the pins, all of which have to hold: a value, one of some, or bounds. */
      filter?: Record<string, string | number | boolean | null | (string | number | boolean | null)[] | {
          gte?: string | number;
          gt?: string | number;
          lte?: string | number;
          lt?: string | number;
          not?: string | number | boolean | null | (string | number | boolean | null)[];
        }>;
      /** Ids of pins to leave out. */
      exclude?: string[];
      /** How much unlikeness among the pins counts. */
      diversity?: number;
      /** Share of the graph's walks in the order. */
      walk?: number;
    };
    answer: {
      /** One for each query, in their order: its pins, or the error. */
      results: {
        pins?: {
          /** The id, as a text whatever it was imported as. */
          id: string;
          row: number;
          /** Inner product of the pin's embedding and the query's. */
          score: number;
          [name: string]: unknown;
        }[];
        error?: {
          /** Stable: a program may switch on it. */
          code: string;
          message: string;
          argument?: string;
          allowed?: string;
        };
      }[];
    };
  };
  /** Embeddings of pins that the catalogue does not have (POST /v1/embed) */
  embed: {
    body: {
      pins: {
        /** Raw values by the features' names, as they were imported; what is left out is missing. */
        features: Record<string, string | number | boolean | null | (string | number | boolean | null)[]>;
        /** Ids of the boards that it is on. */
        boards?: string[];
      }[];
    };
    answer: {
      width: number;
      vectors: number[][];
    };
  };
  /** Related pins of a pin that the catalogue does not have, or of an embedding (POST /v1/related-to) */
  relatedTo: {
    body: {
      /** Raw values by the features' names, as they were imported; what is left out is missing. */
      features?: Record<string, string | number | boolean | null | (string | number | boolean | null)[]>;
      /** Ids of the boards that it is on. */
      boards?: string[];
      /** Instead of features. */
      vector?: number[];
      /** Pins to recommend. */
      top?: number;
      /** Columns to return with each pin. */
      columns?: string[];
      /** Conditions over the columns of the pins, all of which have to hold: a value, one of some, or bounds. */
      filter?: Record<string, string | number | boolean | null | (string | number | boolean | null)[] | {
          gte?: string | number;
          gt?: string | number;
          lte?: string | number;
          lt?: string | number;
          not?: string | number | boolean | null | (string | number | boolean | null)[];
        }>;
      /** Ids of pins to leave out. */
      exclude?: string[];
      /** How much unlikeness among the pins counts. */
      diversity?: number;
      /** Share of the graph's walks in the order. */
      walk?: number;
    };
    answer: {
      /** Best first. */
      pins: {
        /** The id, as a text whatever it was imported as. */
        id: string;
        row: number;
        /** Inner product of the pin's embedding and the query's. */
        score: number;
        [name: string]: unknown;
      }[];
    };
  };
  /** Pins whose title holds a text (GET /v1/pins) */
  search: {
    query: {
      title: string;
      limit?: number;
      /** Columns' names with commas between. */
      columns?: string;
    };
    answer: {
      /** Best first. */
      pins: {
        /** The id, as a text whatever it was imported as. */
        id: string;
        /** Its number in the catalogue. */
        row: number;
        [name: string]: unknown;
      }[];
    };
  };
  /** Adds pins (POST /v1/pins) */
  addPins: {
    body: {
      pins: {
        /** The id, as a text whatever it was imported as. */
        id: string;
        /** Raw values by the features' names, as they were imported; what is left out is missing. */
        features: Record<string, string | number | boolean | null | (string | number | boolean | null)[]>;
        /** Values by the columns' names. */
        columns?: Record<string, string | number | boolean | null | (string | number | boolean | null)[]>;
        /** Ids of the boards that it is on; new ones are made. */
        boards?: string[];
      }[];
    };
    answer: {
      added: number;
    };
  };
  /** A pin, its columns and its boards (GET /v1/pins/{id}) */
  pin: {
    path: {
      /** The id, as a text whatever it was imported as. */
      id: string;
    };
    query: {
      /** Columns' names with commas between. */
      columns?: string;
    };
    answer: {
      /** A pin, and the columns that were asked for. */
      pin: {
        /** The id, as a text whatever it was imported as. */
        id: string;
        /** Its number in the catalogue. */
        row: number;
        [name: string]: unknown;
      };
      /** Ids of the boards that it is on, 1000 at most. */
      boards: string[];
      boardCount: number;
    };
  };
  /** Removes a pin (DELETE /v1/pins/{id}) */
  removePin: {
    path: {
      /** The id, as a text whatever it was imported as. */
      id: string;
    };
    answer: {
      removed: number;
    };
  };
  /** A board, its columns and its pins (GET /v1/boards/{id}) */
  board: {
    path: {
      /** The id, as a text whatever it was imported as. */
      id: string;
    };
    query: {
      /** Columns' names with commas between. */
      columns?: string;
    };
    answer: {
      /** A pin, and the columns that were asked for. */
      board: {
        /** The id, as a text whatever it was imported as. */
        id: string;
        /** Its number in the catalogue. */
        row: number;
        [name: string]: unknown;
      };
      pins: string[];
      pinCount: number;
    };
  };
  /** Puts pins on boards (POST /v1/edges) */
  addEdges: {
    body: {
      edges: {
        /** The id, as a text whatever it was imported as. */
        pin: string;
        /** The id, as a text whatever it was imported as. */
        board: string;
      }[];
    };
    answer: {
      added: number;
    };
  };
  /** Puts a newly trained run in the place of the current one, without a request failing (POST /v1/admin/swap) */
  swap: {
    answer: {
      swapped: true;
    };
  };
}

export const OPERATIONS = {
  health: { method: 'GET', path: '/health' },
  ready: { method: 'GET', path: '/ready' },
  metrics: { method: 'GET', path: '/metrics' },
  related: { method: 'GET', path: '/v1/pins/{id}/related' },
  relatedBatch: { method: 'POST', path: '/v1/related' },
  homeFeed: { method: 'POST', path: '/v1/home-feed' },
  homeFeedBatch: { method: 'POST', path: '/v1/home-feeds' },
  embed: { method: 'POST', path: '/v1/embed' },
  relatedTo: { method: 'POST', path: '/v1/related-to' },
  search: { method: 'GET', path: '/v1/pins' },
  addPins: { method: 'POST', path: '/v1/pins' },
  pin: { method: 'GET', path: '/v1/pins/{id}' },
  removePin: { method: 'DELETE', path: '/v1/pins/{id}' },
  board: { method: 'GET', path: '/v1/boards/{id}' },
  addEdges: { method: 'POST', path: '/v1/edges' },
  swap: { method: 'POST', path: '/v1/admin/swap' },
} as const;
