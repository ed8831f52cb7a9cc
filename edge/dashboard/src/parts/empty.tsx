// What stands where there is nothing yet; fetched only there, for most views have something.
import { lazy, Suspense } from 'react';
import type { EmptyProps } from './empty-state.tsx';

const EmptyPaper = lazy(() => import('./empty-state.tsx').then((module) => ({ default: module.EmptyPaper })));

export function Empty(props: EmptyProps) {
  return (
    <Suspense fallback={null}>
      <EmptyPaper {...props} />
    </Suspense>
  );
}
