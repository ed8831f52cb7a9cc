// Imported before any schema is made: zod compiles none with eval, which the page's content policy forbids.
import { z } from 'zod';

z.config({ jitless: true });
