import Button from 'react-bootstrap/Button';
import type * as z from 'zod/mini';
import { Field } from '../forms/Field';
import { FormError } from '../forms/FormError';
import { type ProblemFields, useApiForm } from '../forms/useApiForm';

type Credentials = { email: string; password: string };

type Props = {
  schema: z.ZodMiniType<Credentials>;
  problemFields: ProblemFields<Credentials>;
  send: (credentials: Credentials) => Promise<void>;
  passwordField: { autoComplete: string; hint?: string };
  label: string;
  busyLabel: string;
};

/** The e-mail and password form of the log-in page and the register page. */
export function CredentialsForm({ schema, problemFields, send, passwordField, label, busyLabel }: Props) {
  const form = useApiForm({ schema, defaultValues: { email: '', password: '' }, problemFields, send });
  return (
    <form className="form" noValidate onSubmit={form.onSubmit}>
      <FormError message={form.error} />
      <Field label="E-mail" type="email" autoComplete="username" {...form.field('email')} />
      <Field label="Password" type="password" {...passwordField} {...form.field('password')} />
      <Button type="submit" size="lg" disabled={form.isSubmitting}>
        {form.isSubmitting ? busyLabel : label}
      </Button>
    </form>
  );
}
