import { describe, expect, it } from 'vitest';
import { readBlend, readConfig, readReport, sortedFiles } from './chosen-files.ts';

const named = (name: string) => ({ name });

describe('files of an adapter', () => {
  it('are known by their names, whatever else was chosen with them', () => {
    const files = ['README.md', 'adapter_model.safetensors', 'adapter_config.json', 'blend.json', 'report.json'].map(
      named,
    );
    expect(sortedFiles(files)).toEqual({
      config: named('adapter_config.json'),
      weights: named('adapter_model.safetensors'),
      blend: named('blend.json'),
      report: named('report.json'),
    });
    expect(sortedFiles([named('config.json'), named('model.safetensors')])).toEqual({});
  });

  it('are read for what they say of the adapter', () => {
    const config = { peft_type: 'LORA', r: 8, target_modules: ['q_proj', 'v_proj'], base_model_name_or_path: 'llama' };
    expect(readConfig(JSON.stringify(config))).toEqual({ rank: 8, modules: ['q_proj', 'v_proj'], baseModel: 'llama' });
    expect(readConfig(JSON.stringify({ peft_type: 'LORA', r: 4, target_modules: 'all-linear' }))).toEqual({
      rank: 4,
      modules: ['all-linear'],
      baseModel: null,
    });
  });

  it('are refused with a reason where they are none of a LoRA adapter', () => {
    expect(readConfig('{"peft_type":"PREFIX_TUNING","r":8}')).toEqual({ problem: expect.stringContaining('PREFIX') });
    for (const text of ['', 'not JSON', '[]', '{"r":8}', '{"peft_type":"LORA","r":0}']) {
      expect(readConfig(text)).toEqual({ problem: expect.stringMatching(/adapter_config\.json/) });
    }
    expect(readBlend('{}')).toEqual({ problem: expect.stringMatching(/blend\.json/) });
  });

  it('tell by their report what the adapter was tuned on and with', () => {
    const [model, adapter] = [{ name: 'tiny', contentHash: 'cd'.repeat(32) }, { contentHash: 'ab'.repeat(32) }];
    const report = { stage: 'rec', settings: { template: 'tallrec', seed: 1 }, model, adapter, steps: 9 };
    expect(readReport(JSON.stringify(report))).toEqual({
      ...{ stage: 'rec', template: 'tallrec', base: model, adapter: adapter.contentHash },
    });
    expect(readReport('{"loss":1}')).toEqual({ problem: expect.stringMatching(/report\.json/) });
  });

  it('bring the adapter that a blend was fit for along with it', () => {
    const blend = {
      rank: { logit: 1, fans: 0.5, itemMean: 0 },
      score: { bias: 0, rank: 1, historyShare: 2 },
      ...{ samples: 9, users: 2, items: { likes: 1, ratings: 1, items: [['A', 1, 1]] } },
    };
    const adapter = 'ab'.repeat(32);
    expect(readBlend(JSON.stringify({ ...blend, adapter }))).toEqual({ adapter, blend });
  });
});
