import type { FieldErrors, FieldValues, Path, Resolver } from 'react-hook-form';
import * as z from 'zod/mini';

/** Validates a form by a schema. Each field shows its first error. */
export function zodResolver<Values extends FieldValues>(schema: z.ZodMiniType<Values>): Resolver<Values> {
  return (values) => {
    const result = z.safeParse(schema, values);
    if (result.success) {
      return { values: result.data, errors: {} };
    }
    const errors: Partial<Record<Path<Values>, { type: string; message: string }>> = {};
    for (const { path, code, message } of result.error.issues) {
      errors[path.join('.') as Path<Values>] ??= { type: code, message };
    }
    return { values: {}, errors: errors as FieldErrors<Values> };
  };
}
