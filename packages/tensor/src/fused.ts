import * as tf from '@tensorflow/tfjs-core';
import { PinSageBackend } from './backend.js';

type Attributes = Record<string, number | string>;
type Tensors = Record<string, tf.Tensor>;

/** One native kernel that TF.js does not have, and how its gradient is taken. */
export interface FusedOperation {
  name: string;
  forward: (backend: PinSageBackend, inputs: Record<string, tf.TensorInfo>, attributes: Attributes) => tf.TensorInfo;
  gradient?: {
    /** Inputs that `of` needs. */
    inputs?: string[];
    /** Whether it needs the output too; it comes last. */
    output?: boolean;
    /** The gradient of each input that has one. When `spent`, nobody needs dy after this, and it may be overwritten. */
    of: (dy: tf.Tensor, saved: tf.Tensor[], attributes: Attributes, spent: boolean) => Record<string, () => tf.Tensor>;
  };
}

/** The ids of an operation's tensors, which travel with its attributes to its gradient. */
interface Trace {
  inputs: Record<string, number>;
  output: number;
}

/** Adds the operation to our backends; returns the call of it, for use while one of them is the current one. */
export function fusedOperation(operation: FusedOperation): (inputs: Tensors, attributes?: Attributes) => tf.Tensor {
  const { name, forward, gradient } = operation;
  for (const backendName of ['pinsage', 'pinsage-cuda']) {
    tf.registerKernel({
      kernelName: name,
      backendName,
      kernelFunc: ({ inputs, attrs, backend }) =>
        forward(backend as PinSageBackend, inputs as Record<string, tf.TensorInfo>, attrs as unknown as Attributes),
    });
  }
  if (gradient !== undefined) {
    tf.registerGradient({
      kernelName: name,
      inputsToSave: gradient.inputs ?? [],
      outputsToSave: [gradient.output ?? false],
      gradFunc: (dy, saved, attrs) => {
        const { trace, ...attributes } = attrs as unknown as Attributes & { trace: Trace };
        const spent = takeOver(dy as tf.Tensor, trace.output);
        const gradients = gradient.of(dy as tf.Tensor, saved, attributes as Attributes, spent);
        return Object.fromEntries(
          Object.entries(gradients).map(([input, make]) => [input, () => madeFor(make(), trace.inputs[input])]),
        ) as ReturnType<tf.GradFunc>;
      },
    });
  }
  return (inputs, attributes = {}) => {
    const ids = Object.fromEntries(Object.entries(inputs).map(([input, tensor]) => [input, tensor.id]));
    const trace: Trace = { inputs: ids, output: -1 };
    const result = tf
      .engine()
      .runKernel(name, inputs, { ...attributes, trace } as unknown as tf.NamedAttrMap) as tf.Tensor;
    trace.output = result.id;
    return result;
  };
}

/** The backend in use when it is ours, and fused operations can run; else their composite form must. */
export function pinSageBackend(): PinSageBackend | undefined {
  const backend = tf.backend();
  return backend instanceof PinSageBackend ? backend : undefined;
}

// TF.js keeps every gradient until the whole backward pass is over, which would double the memory of a training step. A gradient
// that one of our operations made for a tensor, and that reaches the one operation which made that tensor, has no other reader:
// had anybody else added to it or passed it on, it would be another tensor or come from another operation.

/** The tensor that a gradient was made for. */
const purposes = new WeakMap<tf.Tensor, number>();

function madeFor(gradient: tf.Tensor, tensor: number): tf.Tensor {
  purposes.set(gradient, tensor);
  return gradient;
}

/** The gradient that the previous operation of the backward pass took over; it is done with it when the next one begins. */
let previous: tf.Tensor | undefined;

/** Whether `dy` is this operation's alone. If so, its memory is given back as soon as the operation's gradients are taken. */
function takeOver(dy: tf.Tensor, output: number): boolean {
  previous?.dispose();
  // Within another gradient (second derivatives) the tape may still need everything.
  const nested = (tf.engine() as unknown as { state: { gradientDepth: number } }).state.gradientDepth > 0;
  const alone = !nested && purposes.get(dy) === output && (pinSageBackend()?.exclusive(dy) ?? false);
  previous = alone ? dy : undefined;
  return alone;
}
