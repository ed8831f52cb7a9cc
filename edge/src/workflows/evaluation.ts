// The Workflow of an evaluation.
import { WorkflowEntrypoint, type WorkflowEvent, type WorkflowStep } from 'cloudflare:workers';
import { drive, type JobParams } from './drive.ts';

export class EvaluationWorkflow extends WorkflowEntrypoint<object, JobParams> {
  override run(event: Readonly<WorkflowEvent<JobParams>>, step: WorkflowStep): Promise<string> {
    return drive(this.env, event.payload.job, step);
  }
}
