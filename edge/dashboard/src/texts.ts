// Every word that the dashboard shows, by page: `texts.keys.title`. A page brings the words that it names so, and no others; hence no part
// may be copied into an object with others. Another language is another folder of these modules.
export * as texts from './texts/all.ts';
