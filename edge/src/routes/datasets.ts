// Datasets: create, upload by signed URL, complete; validated in the background; previewed as prompts.
import { createRoute, z } from '@hono/zod-openapi';
import { idSchema } from '@tallrec/shared/ids';
import {
  completeDatasetSchema,
  createDatasetSchema,
  createdDatasetSchema,
  datasetHistoriesSchema,
  datasetItemsSchema,
  datasetSchema,
  historiesQuerySchema,
  itemsQuerySchema,
  listDatasetsQuerySchema,
  previewQuerySchema,
  previewSchema,
  validateDatasetSchema,
} from '@tallrec/shared/wire/datasets';
import { pageOf } from '@tallrec/shared/wire/page';
import { uploadSchema } from '@tallrec/shared/wire/uploads';
import { creates, needs } from '../http/auth.ts';
import { errorResponses } from '../http/errors.ts';
import { idempotencyHeaders } from '../http/idempotency.ts';
import { jsonAnswer, jsonBody, newRouter } from '../http/router.ts';
import { listDatasetHistories } from '../services/dataset-histories.ts';
import { listDatasetItems } from '../services/dataset-items.ts';
import {
  completeDataset,
  createDataset,
  deleteDataset,
  getDataset,
  getDatasetUpload,
  listDatasets,
  validateAgain,
} from '../services/datasets.ts';
import { previewDataset } from '../services/preview.ts';

const params = z.object({ id: idSchema('dataset') });
const tags = ['datasets'];

const create = createRoute({
  method: 'post',
  path: '/v1/datasets',
  operationId: 'createDataset',
  tags,
  summary: 'Create a dataset',
  description: 'Announces a file. The answer holds the URLs to upload it to, part by part; then complete it.',
  ...creates('datasets:write'),
  request: { headers: idempotencyHeaders, body: jsonBody(createDatasetSchema) },
  responses: {
    201: jsonAnswer('The dataset and where its bytes go', createdDatasetSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'IDEMPOTENCY_MISMATCH'),
  },
});

const list = createRoute({
  method: 'get',
  path: '/v1/datasets',
  operationId: 'listDatasets',
  tags,
  summary: 'List datasets',
  description: 'The newest first.',
  ...needs('read'),
  request: { query: listDatasetsQuerySchema },
  responses: {
    200: jsonAnswer('A page of datasets', pageOf(datasetSchema)),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN'),
  },
});

const get = createRoute({
  method: 'get',
  path: '/v1/datasets/{id}',
  operationId: 'getDataset',
  tags,
  summary: 'Get a dataset',
  description: 'Its state, counts and warnings, and the first errors with their lines.',
  ...needs('read'),
  request: { params },
  responses: {
    200: jsonAnswer('The dataset', datasetSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND'),
  },
});

const getUpload = createRoute({
  method: 'get',
  path: '/v1/datasets/{id}/upload',
  operationId: 'getDatasetUpload',
  tags,
  summary: 'Go on with an upload',
  description: 'What has arrived of it, and new URLs for the rest.',
  ...needs('datasets:write'),
  request: { params },
  responses: {
    200: jsonAnswer('Where the bytes go', uploadSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'ILLEGAL_STATE'),
  },
});

const complete = createRoute({
  method: 'post',
  path: '/v1/datasets/{id}/complete',
  operationId: 'completeDataset',
  tags,
  summary: 'Complete an upload',
  description:
    'Ends the upload and starts the validation; a dataset with any bad row is rejected, unless these are to be left out.',
  ...needs('datasets:write'),
  request: { params, body: { ...jsonBody(completeDatasetSchema), required: false } },
  responses: {
    202: jsonAnswer('The dataset', datasetSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'ILLEGAL_STATE', 'CHECKSUM_MISMATCH'),
  },
});

const validate = createRoute({
  method: 'post',
  path: '/v1/datasets/{id}/validate',
  operationId: 'validateDataset',
  tags,
  summary: 'Validate a dataset again',
  description:
    'One that was rejected, or whose validation stands still. One that was rejected for some of its rows can be taken without them.',
  ...needs('datasets:write'),
  request: { params, body: { ...jsonBody(validateDatasetSchema), required: false } },
  responses: {
    202: jsonAnswer('The dataset', datasetSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'ILLEGAL_STATE'),
  },
});

const preview = createRoute({
  method: 'get',
  path: '/v1/datasets/{id}/preview',
  operationId: 'previewDataset',
  tags,
  summary: 'Preview a dataset',
  description: 'The first prompts that a model will read, with their token counts.',
  ...needs('read'),
  request: { params, query: previewQuerySchema },
  responses: {
    200: jsonAnswer('Formatted prompts', previewSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'ILLEGAL_STATE', 'DATASET_REJECTED'),
  },
});

const items = createRoute({
  method: 'get',
  path: '/v1/datasets/{id}/items',
  operationId: 'listDatasetItems',
  tags,
  summary: 'Search items of a dataset',
  description: 'Those in the most rows first, by words of their titles; of instructions there are none.',
  ...needs('read'),
  request: { params, query: itemsQuerySchema },
  responses: {
    200: jsonAnswer('Items', datasetItemsSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'ILLEGAL_STATE', 'DATASET_REJECTED'),
  },
});

const histories = createRoute({
  method: 'get',
  path: '/v1/datasets/{id}/histories',
  operationId: 'listDatasetHistories',
  tags,
  summary: 'List histories of a dataset',
  description:
    'Of some users the latest, with what came next, to try a model on; of items and instructions there are none.',
  ...needs('read'),
  request: { params, query: historiesQuerySchema },
  responses: {
    200: jsonAnswer('Histories', datasetHistoriesSchema),
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'ILLEGAL_STATE', 'DATASET_REJECTED'),
  },
});

const remove = createRoute({
  method: 'delete',
  path: '/v1/datasets/{id}',
  operationId: 'deleteDataset',
  tags,
  summary: 'Delete a dataset',
  description: 'With its bytes. Refused while a job that has not ended reads it.',
  ...needs('datasets:write'),
  request: { params },
  responses: {
    204: { description: 'Deleted' },
    ...errorResponses('UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'CONFLICT'),
  },
});

export const datasets = newRouter()
  .openapi(create, async (c) => {
    const { origin } = new URL(c.req.url);
    return c.json(await createDataset(c.var.deps, c.var.ctx, c.req.valid('json'), origin), 201);
  })
  .openapi(list, async (c) => c.json(await listDatasets(c.var.deps, c.var.ctx, c.req.valid('query')), 200))
  .openapi(get, async (c) => c.json(await getDataset(c.var.deps, c.var.ctx, c.req.valid('param').id), 200))
  .openapi(getUpload, async (c) => {
    const { origin } = new URL(c.req.url);
    return c.json(await getDatasetUpload(c.var.deps, c.var.ctx, c.req.valid('param').id, origin), 200);
  })
  .openapi(complete, async (c) => {
    const { parts } = c.req.valid('json');
    return c.json(await completeDataset(c.var.deps, c.var.ctx, c.req.valid('param').id, parts), 202);
  })
  .openapi(validate, async (c) => {
    const { badRows } = c.req.valid('json');
    return c.json(await validateAgain(c.var.deps, c.var.ctx, c.req.valid('param').id, badRows), 202);
  })
  .openapi(preview, async (c) =>
    c.json(await previewDataset(c.var.deps, c.var.ctx, c.req.valid('param').id, c.req.valid('query')), 200),
  )
  .openapi(items, async (c) =>
    c.json(await listDatasetItems(c.var.deps, c.var.ctx, c.req.valid('param').id, c.req.valid('query')), 200),
  )
  .openapi(histories, async (c) =>
    c.json(await listDatasetHistories(c.var.deps, c.var.ctx, c.req.valid('param').id, c.req.valid('query')), 200),
  )
  .openapi(remove, async (c) => {
    await deleteDataset(c.var.deps, c.var.ctx, c.req.valid('param').id);
    return c.body(null, 204);
  });
