import { type CsrArrays, type TensorToWrite, writeSafetensors } from '@pinsage/native';

/** The file that Graph.open maps. */
export async function writeGraph(path: string, arrays: CsrArrays): Promise<void> {
  const named = {
    'pin.offsets': arrays.pinOffsets,
    'pin.boards': arrays.pinBoards,
    'board.offsets': arrays.boardOffsets,
    'board.pins': arrays.boardPins,
    'pin.weights': arrays.pinWeights,
    'board.weights': arrays.boardWeights,
    time: arrays.times,
    'board.types': arrays.boardTypes,
  };
  const tensors: Record<string, TensorToWrite> = {};
  for (const [name, data] of Object.entries(named)) {
    if (data !== undefined) tensors[name] = { shape: [data.length], data };
  }
  await writeSafetensors(path, tensors);
}
