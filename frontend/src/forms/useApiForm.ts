import type { SubmitEvent } from 'react';
import {
  type DefaultValues,
  type FieldError,
  type FieldValues,
  get,
  type Path,
  type UseFormReturn,
  type UseFormSetError,
  useForm,
} from 'react-hook-form';
import type * as z from 'zod/mini';
import { ApiProblem, errorMessage } from '../api/problem';
import { zodResolver } from './zodResolver';

/** Problems without `errors` that are about one field, by the last segment of their type. */
export type ProblemFields<Values extends FieldValues> = Partial<
  Record<string, { field: Path<Values>; message?: string }>
>;

type Options<Values extends FieldValues> = {
  schema: z.ZodMiniType<Values>;
  defaultValues: Values;
  problemFields?: ProblemFields<Values>;
  /** Sends valid values to the shop. Its errors are shown in the form. */
  send: (values: Values, form: UseFormReturn<Values>) => Promise<void>;
};

/** A form that is validated by a schema, and shows errors of the shop next to the fields they are about. */
export function useApiForm<Values extends FieldValues>({
  schema,
  defaultValues,
  problemFields = {},
  send,
}: Options<Values>) {
  const form = useForm<Values>({
    resolver: zodResolver(schema),
    defaultValues: defaultValues as DefaultValues<Values>,
  });
  // `dirtyFields` is read for `send`: React Hook Form tracks only what is read while rendering.
  const { errors, isDirty, isSubmitting, dirtyFields: _ } = form.formState;
  const submit = form.handleSubmit(async (values) => {
    try {
      await send(values, form);
    } catch (error) {
      const fields = Object.keys(defaultValues) as Path<Values>[];
      if (!(error instanceof ApiProblem && setFieldErrors(error, fields, problemFields, form.setError))) {
        form.setError('root', { message: errorMessage(error) });
      }
    }
  });
  return {
    error: errors.root?.message,
    isDirty,
    isSubmitting,
    onSubmit: (event: SubmitEvent<HTMLFormElement>) => void submit(event),
    field: (name: Path<Values>) => ({
      error: get(errors, name) as FieldError | undefined,
      registration: form.register(name),
    }),
  };
}

/** Sets the field errors of a problem. Returns whether at least one field has an error. */
function setFieldErrors<Values extends FieldValues>(
  problem: ApiProblem,
  fields: readonly Path<Values>[],
  problemFields: ProblemFields<Values>,
  setError: UseFormSetError<Values>,
): boolean {
  const byType = problemFields[problem.type.split('/').at(-1) ?? ''];
  if (byType !== undefined) {
    setError(byType.field, { message: byType.message ?? problem.message }, { shouldFocus: true });
    return true;
  }
  let isSet = false;
  for (const { field, message } of problem.fields) {
    const name = fields.find((each) => field === each || field.split(/[.[]/).includes(each));
    if (name !== undefined) {
      setError(name, { message: toSentence(message) }, { shouldFocus: !isSet });
      isSet = true;
    }
  }
  return isSet;
}

/** Field errors of the shop have no subject, such as "must have at least 8 characters". */
function toSentence(message: string): string {
  const sentence = /^(?:must|is|has|cannot) /.test(message) ? `This ${message}` : message;
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
