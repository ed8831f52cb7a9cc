// A new dataset: a file is chosen, looked at, and sent.
import { lazy, Suspense, useState } from 'react';
import { Page } from '../../parts/page.tsx';
import { Loading } from '../../parts/query-view.tsx';
import { texts } from '../../texts.ts';
import { takeChosenFile } from '../../transfers/chosen-file.ts';
import { ChooseFile, problemOf } from './choose-file.tsx';

const words = texts.datasetForm;

/** It brings the readers along: they come while people look for their file. */
const form = import('./new-dataset-form.tsx');
form.catch(() => undefined);
const NewDatasetForm = lazy(() => form.then((module) => ({ default: module.NewDatasetForm })));

export function NewDatasetPage() {
  const [{ file, count }, setChosen] = useState(() => ({ file: takeChosenFile(), count: 0 }));
  // One that is chosen again may have changed since: all begins anew.
  const setFile = (next: File | null) => setChosen((before) => ({ file: next, count: before.count + 1 }));
  const problem = file && problemOf(file);
  return (
    <Page title={words.title} lead={words.lead}>
      {file && problem === null ? (
        <Suspense fallback={<Loading />}>
          <NewDatasetForm key={count} file={file} onFile={setFile} />
        </Suspense>
      ) : (
        <ChooseFile problem={problem} onFile={setFile} />
      )}
    </Page>
  );
}
