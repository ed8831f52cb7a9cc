// The command line: `tallrec COMMAND`, one file a command in cli/.
import { Command } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { registerBench } from './cli/bench.ts';
import { registerDefaultModel } from './cli/default-model.ts';
import { registerDemo } from './cli/demo.ts';
import { registerDev } from './cli/dev.ts';
import { registerDoctor } from './cli/doctor.ts';
import { registerEvaluate } from './cli/evaluate.ts';
import { registerExperiment } from './cli/experiment.ts';
import { registerExport } from './cli/export.ts';
import { reportFailure } from './cli/fail.ts';
import { registerModels } from './cli/models.ts';
import { registerNode } from './cli/node.ts';
import { registerRank } from './cli/rank.ts';
import { registerSamples } from './cli/samples.ts';
import { registerScore } from './cli/score.ts';
import { registerServe } from './cli/serve.ts';
import { registerTune } from './cli/tune.ts';
import { endWithParent } from './dev/end-with-parent.ts';

endWithParent();

const program = new Command('tallrec')
  .description('Few-shot recommendation with a LoRA-tuned LLaMA (TALLRec, RecSys 2023).')
  .version(packageJson.version)
  .showHelpAfterError('(see --help)')
  .exitOverride();

registerTune(program);
registerScore(program);
registerRank(program);
registerEvaluate(program);
registerExperiment(program);
registerExport(program);
registerSamples(program);
registerModels(program);
registerDoctor(program);
registerBench(program);
registerServe(program);
registerNode(program);
registerDev(program);
registerDemo(program);
registerDefaultModel(program);

for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) {
  command.exitOverride().showHelpAfterError('(see --help)');
}

// A reader that has seen enough, as in `tallrec score … | head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportFailure(error, process.argv.includes('--json'));
}
