import { castsPage } from './casts-page.ts';
import { functionsPage } from './functions-page.ts';

export interface GeneratedPage {
  /** From the root of the project. */
  readonly path: string;
  readonly content: () => string;
}

/** Every page of the documentation that is made from the code. */
export const GENERATED_PAGES: readonly GeneratedPage[] = [
  { path: 'docs/casts.md', content: castsPage },
  { path: 'docs/functions.md', content: functionsPage },
];
