// Datasets: announced, sent, validated again, deleted.
import {
  type createDatasetSchema,
  createdDatasetSchema,
  datasetSchema,
  type validateDatasetSchema,
} from '@tallrec/shared/wire/datasets';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { z } from 'zod';
import { call } from '../api.ts';
import type { TransferSource } from '../transfers/transfer.ts';
import { forgetTransfer, startTransfer } from '../transfers/transfers.ts';
import { allDatasets, datasetQuery } from './datasets.ts';

export function useCreateDataset() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ body, idempotencyKey }: { body: z.input<typeof createDatasetSchema>; idempotencyKey: string }) =>
      call('POST', '/v1/datasets', { body, idempotencyKey, answer: createdDatasetSchema }),
    onSuccess: async ({ dataset }) => {
      client.setQueryData(datasetQuery(dataset.id).queryKey, dataset);
      await client.invalidateQueries({ queryKey: [...allDatasets, 'list'] });
    },
  });
}

function useChangeDataset<Body>(id: string, verb: 'complete' | 'validate') {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Body) => call('POST', `/v1/datasets/${id}/${verb}`, { body: body ?? {}, answer: datasetSchema }),
    onSuccess: (dataset) => client.setQueryData(datasetQuery(id).queryKey, dataset),
    onSettled: () => client.invalidateQueries({ queryKey: allDatasets }),
  });
}

export const useCompleteDataset = (id: string) => useChangeDataset<void>(id, 'complete');
export const useValidateDataset = (id: string) =>
  useChangeDataset<z.input<typeof validateDatasetSchema>>(id, 'validate');

/** Sends a dataset's file, on whichever page, and then shows what became of it. */
export function useStartTransfer() {
  const client = useQueryClient();
  return (id: string, source: TransferSource) =>
    startTransfer(id, source, (dataset) => {
      client.setQueryData(datasetQuery(id).queryKey, dataset);
      void client.invalidateQueries({ queryKey: [...allDatasets, 'list'] });
    });
}

export function useDeleteDataset(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call('DELETE', `/v1/datasets/${id}`),
    onSuccess: async () => {
      forgetTransfer(id);
      // What is asked of this one alone is not there any more.
      await client.invalidateQueries({ queryKey: allDatasets, predicate: ({ queryKey }) => !queryKey.includes(id) });
    },
  });
}
