// Made by scripts/generate.mjs of @pinsage/client from the OpenAPI document of @pinsage/service.

export interface Operations {
  /** What is served (GET /v1/explorer) */
  explorer: {
    answer: {
      /** The dataset's. */
      name: string;
      pins: number;
      boards: number;
      edges: number;
      /** Which columns of the pins say what. */
      columns: {
        title?: string;
        image?: string;
        subtitle?: {
          name: string;
          separator: string;
        };
      };
      /** What a new pin can be described by in words and numbers. */
      features: {
        name: string;
        kind: string;
        separator?: string;
      }[];
    };
  };
  /** A pin with its boards, its neighbours by embedding, walk and content, and N(u) (GET /v1/explorer/pins/{id}) */
  explorerPin: {
    path: {
      /** The id, as a text whatever it was imported as. */
      id: string;
    };
    query: {
      top?: number;
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
      /** The smallest first. */
      boards: {
        /** The id, as a text whatever it was imported as. */
        id: string;
        title: string;
        size: number;
      }[];
      boardCount: number;
      /** By embedding. */
      embedding: {
        /** The id, as a text whatever it was imported as. */
        id: string;
        row: number;
        /** Inner product of the pin's embedding and the query's. */
        score: number;
        [name: string]: unknown;
      }[];
      /** By walk; scores are visits. */
      walk: {
        /** The id, as a text whatever it was imported as. */
        id: string;
        row: number;
        /** Inner product of the pin's embedding and the query's. */
        score: number;
        [name: string]: unknown;
      }[];
      /** By content; scores are cosines. */
      content: {
        /** The id, as a text whatever it was imported as. */
        id: string;
        row: number;
        /** Inner product of the pin's embedding and the query's. */
        score: number;
        [name: string]: unknown;
      }[];
      /** N(u); scores are weights. */
      neighborhood: {
        /** The id, as a text whatever it was imported as. */
        id: string;
        row: number;
        /** Inner product of the pin's embedding and the query's. */
        score: number;
        [name: string]: unknown;
      }[];
    };
  };
  /** The pin of a row, as the map numbers them (GET /v1/explorer/rows/{row}) */
  explorerRow: {
    path: {
      row: number;
    };
    answer: {
      /** The id, as a text whatever it was imported as. */
      id: string;
      /** Its number in the catalogue. */
      row: number;
      [name: string]: unknown;
    };
  };
  /** A board with its first pins (GET /v1/explorer/boards/{id}) */
  explorerBoard: {
    path: {
      /** The id, as a text whatever it was imported as. */
      id: string;
    };
    answer: {
      board: {
        /** The id, as a text whatever it was imported as. */
        id: string;
        title: string;
        size: number;
      };
      pins: {
        /** The id, as a text whatever it was imported as. */
        id: string;
        /** Its number in the catalogue. */
        row: number;
        [name: string]: unknown;
      }[];
    };
  };
  /** Places of all pins by row: u16 x and y, little-endian, 65,535 for a removed one; JSON while they are being made (GET /v1/explorer/map) */
  explorerMap: {
    answer: ArrayBuffer | {
      status: "computing";
      /** From 0 to 1. */
      progress: number;
    } | {
      status: "failed";
      reason: string;
    };
  };
}

export const OPERATIONS = {
  explorer: { method: 'GET', path: '/v1/explorer' },
  explorerPin: { method: 'GET', path: '/v1/explorer/pins/{id}' },
  explorerRow: { method: 'GET', path: '/v1/explorer/rows/{row}' },
  explorerBoard: { method: 'GET', path: '/v1/explorer/boards/{id}' },
  explorerMap: { method: 'GET', path: '/v1/explorer/map' },
} as const;
