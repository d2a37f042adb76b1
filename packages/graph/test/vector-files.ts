/** The bytes of a .npy file, as NumPy writes it. */
export function npy(
  descr: string,
  shape: number[],
  data: ArrayBufferView,
  { version = 1, order = 'False' }: { version?: number; order?: string } = {},
): Buffer {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': ${descr.startsWith('[') ? descr : `'${descr}'`}, 'fortran_order': ${order}, 'shape': (${sizes}), }`;
  const prefix = version === 1 ? 10 : 12;
  const header = Buffer.from(
    `${text.padEnd(Math.ceil((prefix + text.length + 1) / 64) * 64 - prefix - 1)}\n`,
    'latin1',
  );
  const length = Buffer.alloc(prefix - 8);
  length.writeUIntLE(header.length, 0, prefix - 8);
  return Buffer.concat([Buffer.from('\x93NUMPY', 'latin1'), Buffer.from([version, 0]), length, header, bytes(data)]);
}

/** The bytes of a safetensors file, as its Python library writes it. */
export function safetensors(tensors: Record<string, [dtype: string, shape: number[], data: ArrayBufferView]>): Buffer {
  let end = 0;
  const entries = Object.entries(tensors).map(([name, [dtype, shape, { byteLength }]]) => {
    const begin = end;
    end += byteLength;
    return [name, { dtype, shape, data_offsets: [begin, end] }];
  });
  const text = JSON.stringify(Object.fromEntries(entries));
  const header = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, ...Object.values(tensors).map(([, , data]) => bytes(data))]);
}

function bytes(data: ArrayBufferView): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
