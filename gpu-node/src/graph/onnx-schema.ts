// The part of onnx.proto3 (ONNX, Apache-2.0) that encoding needs: message and field names in camel case, numbers as published.
import type { INamespace } from 'protobufjs';

const int64 = { type: 'int64' };
const text = { type: 'string' };

export const MODEL_PROTO: INamespace = {
  nested: {
    onnx: {
      nested: {
        ModelProto: {
          fields: {
            irVersion: { ...int64, id: 1 },
            producerName: { ...text, id: 2 },
            graph: { type: 'GraphProto', id: 7 },
            opsetImport: { rule: 'repeated', type: 'OperatorSetIdProto', id: 8 },
          },
        },
        OperatorSetIdProto: { fields: { domain: { ...text, id: 1 }, version: { ...int64, id: 2 } } },
        GraphProto: {
          fields: {
            node: { rule: 'repeated', type: 'NodeProto', id: 1 },
            name: { ...text, id: 2 },
            initializer: { rule: 'repeated', type: 'TensorProto', id: 5 },
            input: { rule: 'repeated', type: 'ValueInfoProto', id: 11 },
            output: { rule: 'repeated', type: 'ValueInfoProto', id: 12 },
            valueInfo: { rule: 'repeated', type: 'ValueInfoProto', id: 13 },
          },
        },
        NodeProto: {
          fields: {
            input: { rule: 'repeated', ...text, id: 1 },
            output: { rule: 'repeated', ...text, id: 2 },
            name: { ...text, id: 3 },
            opType: { ...text, id: 4 },
            attribute: { rule: 'repeated', type: 'AttributeProto', id: 5 },
            domain: { ...text, id: 7 },
          },
        },
        AttributeProto: {
          fields: {
            name: { ...text, id: 1 },
            f: { type: 'float', id: 2 },
            i: { ...int64, id: 3 },
            s: { type: 'bytes', id: 4 },
            g: { type: 'GraphProto', id: 6 },
            ints: { rule: 'repeated', ...int64, id: 8 },
            type: { type: 'int32', id: 20 },
          },
        },
        TensorProto: {
          fields: {
            dims: { rule: 'repeated', ...int64, id: 1 },
            dataType: { type: 'int32', id: 2 },
            name: { ...text, id: 8 },
            rawData: { type: 'bytes', id: 9 },
            externalData: { rule: 'repeated', type: 'StringStringEntryProto', id: 13 },
            dataLocation: { type: 'int32', id: 14 },
          },
        },
        StringStringEntryProto: { fields: { key: { ...text, id: 1 }, value: { ...text, id: 2 } } },
        ValueInfoProto: { fields: { name: { ...text, id: 1 }, type: { type: 'TypeProto', id: 2 } } },
        TypeProto: { fields: { tensorType: { type: 'Tensor', id: 1 } }, nested: { Tensor: tensorType() } },
        TensorShapeProto: {
          fields: { dim: { rule: 'repeated', type: 'Dimension', id: 1 } },
          nested: { Dimension: { fields: { dimValue: { ...int64, id: 1 }, dimParam: { ...text, id: 2 } } } },
        },
      },
    },
  },
};

function tensorType() {
  return { fields: { elemType: { type: 'int32', id: 1 }, shape: { type: 'TensorShapeProto', id: 2 } } };
}
