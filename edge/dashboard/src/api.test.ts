import { describe, expect, it } from 'vitest';
import { ApiError, refusedFields } from './api.ts';

const refusal = (details: unknown) => new ApiError({ code: 'VALIDATION_FAILED', message: 'body.a: b', details });

describe('the fields that the API refused', () => {
  it('are named as a form names them', () => {
    const issues = [
      { path: 'body.hyperParameters.epochs', problem: 'at least 1' },
      { path: 'body.dataset', problem: 'there is no such dataset.' },
    ];
    expect(refusedFields(refusal({ issues, models: [] }))).toEqual({
      'hyperParameters.epochs': 'at least 1',
      dataset: 'there is no such dataset.',
    });
  });

  it.each([[undefined], [null], [{ models: [] }], [{ issues: ['body.a'] }]])('are none in %j', (details) => {
    expect(refusedFields(refusal(details))).toEqual({});
    expect(refusedFields(new Error('body.a: b'))).toEqual({});
  });
});
