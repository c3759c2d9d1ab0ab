import Button from 'react-bootstrap/Button';
import { Link, Navigate, useSearchParams } from 'react-router';
import type * as z from 'zod/mini';
import { Field } from '../forms/Field';
import { FormError } from '../forms/FormError';
import { type ProblemFields, useApiForm } from '../forms/useApiForm';
import { useSession } from '../session/useSession';
import { PageTitle } from '../ui/PageTitle';
import { redirectTarget } from './redirect';

type Credentials = { email: string; password: string };

type Props = {
  /** Also the label of the button. */
  title: string;
  lead: string;
  schema: z.ZodMiniType<Credentials>;
  problemFields: ProblemFields<Credentials>;
  send: (credentials: Credentials) => Promise<void>;
  passwordField: { autoComplete: string; hint?: string };
  busyLabel: string;
  /** The link to the log-in page or to the register page. */
  alternative: { question: string; path: string; label: string };
};

/** The log-in page or the register page. Users who are logged in are redirected. */
export function AccountPage(props: Props) {
  const { title, lead, schema, problemFields, send, passwordField, busyLabel, alternative } = props;
  const [search] = useSearchParams();
  const { status } = useSession();
  const form = useApiForm({ schema, defaultValues: { email: '', password: '' }, problemFields, send });
  if (status === 'signed-in') {
    return <Navigate to={redirectTarget(search)} replace />;
  }
  return (
    <div className="page narrow">
      <PageTitle>{title}</PageTitle>
      <h1>{title}</h1>
      <p className="form-lead">{lead}</p>
      <form className="form" noValidate onSubmit={form.onSubmit}>
        <FormError message={form.error} />
        <Field label="E-mail" type="email" autoComplete="username" {...form.field('email')} />
        <Field label="Password" type="password" {...passwordField} {...form.field('password')} />
        <Button type="submit" size="lg" disabled={form.isSubmitting}>
          {form.isSubmitting ? busyLabel : title}
        </Button>
      </form>
      <p className="form-aside">
        {alternative.question}{' '}
        <Link to={{ pathname: alternative.path, search: search.toString() }}>{alternative.label}</Link>
      </p>
    </div>
  );
}
