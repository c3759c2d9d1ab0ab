import type { FieldErrors, FieldValues, Path, Resolver } from 'react-hook-form';
import * as z from 'zod/mini';

/** Lets a form be checked by its schema. The first thing wrong with a field is what its mistake says. */
export function checkedBy<Values extends FieldValues>(schema: z.ZodMiniType<Values>): Resolver<Values> {
  return (values) => {
    const checked = z.safeParse(schema, values);
    if (checked.success) {
      return { values: checked.data, errors: {} };
    }
    const errors: Partial<Record<Path<Values>, { type: string; message: string }>> = {};
    for (const { path, code, message } of checked.error.issues) {
      errors[path.join('.') as Path<Values>] ??= { type: code, message };
    }
    return { values: {}, errors: errors as FieldErrors<Values> };
  };
}
