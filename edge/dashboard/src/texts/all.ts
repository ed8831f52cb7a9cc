// The modules of words, by the names under which pages use them.
export { adapterTexts as adapters } from './adapters.ts';
export { aliasTexts as aliases } from './aliases.ts';
export { auditTexts as audit } from './audit.ts';
export { chartTexts as charts } from './charts.ts';
export { choosingTexts as choosing } from './choosing.ts';
export { compareTexts as compare } from './compare.ts';
export { datasetDetailTexts as datasetDetail } from './dataset-detail.ts';
export { datasetFormTexts as datasetForm } from './dataset-form.ts';
export { datasetTexts as datasets } from './datasets.ts';
export { evaluationDetailTexts as evaluationDetail } from './evaluation-detail.ts';
export { evaluationFormTexts as evaluationForm } from './evaluation-form.ts';
export { evaluationTexts as evaluations } from './evaluations.ts';
export { experimentTexts as experiments } from './experiments.ts';
export {
  commonTexts as common,
  fieldTexts as fields,
  missingScopeTexts as missingScope,
  navigationTexts as navigation,
  noAccessTexts as noAccess,
  notFoundTexts as notFound,
  pagerTexts as pager,
  shellTexts as shell,
  stateTexts as states,
} from './frame.ts';
export { keyTexts as keys } from './keys.ts';
export { nodeTexts as nodes } from './nodes.ts';
export { playgroundTexts as playground } from './playground.ts';
export { promptTexts as prompts } from './prompts.ts';
export { scoringTexts as scorings } from './scorings.ts';
export { settingTexts as settings } from './settings.ts';
export { signInTexts as signIn } from './sign-in.ts';
export { thingTexts as things } from './things.ts';
export { tuningDetailTexts as tuningDetail } from './tuning-detail.ts';
export { tuningEstimateTexts as tuningEstimate } from './tuning-estimate.ts';
export { tuningFormTexts as tuningForm } from './tuning-form.ts';
export { tuningTexts as tunings } from './tunings.ts';
export { uploadTexts as uploads } from './uploads.ts';
