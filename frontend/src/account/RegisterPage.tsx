import Button from 'react-bootstrap/Button';
import { useForm } from 'react-hook-form';
import { Link, Navigate, useNavigate, useSearchParams } from 'react-router';
import * as z from 'zod/mini';
import { PageTitle } from '../app/PageTitle';
import { checkedBy } from '../forms/checkedBy';
import { Field } from '../forms/Field';
import { FormMistake } from '../forms/FormMistake';
import { showProblem } from '../forms/showProblem';
import { notify } from '../notices/notices';
import { session } from '../session/session';
import { useSession } from '../session/useSession';
import { nextFrom } from './next';

const account = z.object({
  email: z.string().check(z.trim(), z.minLength(1, 'Please enter your e-mail.')),
  password: z
    .string()
    .check(
      z.minLength(8, 'Please take at least 8 characters.'),
      z.maxLength(128, 'Please take at most 128 characters.'),
    ),
});

type Account = z.infer<typeof account>;

export default function RegisterPage() {
  const [search] = useSearchParams();
  const { status } = useSession();
  if (status === 'signed-in') {
    return <Navigate to={nextFrom(search)} replace />;
  }
  return (
    <div className="page narrow">
      <PageTitle>Make an account</PageTitle>
      <h1>Make an account</h1>
      <p className="form-lead">An e-mail and a password are all we need. Your cart stays as it is.</p>
      <RegisterForm />
      <p className="form-aside">
        Have one already? <Link to={{ pathname: '/login', search: search.toString() }}>Log in</Link>
      </p>
    </div>
  );
}

function RegisterForm() {
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const form = useForm<Account>({
    resolver: checkedBy(account),
    defaultValues: { email: '', password: '' },
  });
  const { errors, isSubmitting } = form.formState;
  const submit = form.handleSubmit(async ({ email, password }) => {
    try {
      await session.register(email, password);
    } catch (error) {
      showProblem(error, form.setError, {
        fields: ['email', 'password'],
        types: { 'unacceptable-email': 'email' },
      });
      return;
    }
    try {
      await session.logIn(email, password);
    } catch {
      notify({ tone: 'good', text: 'Your account is made; please log in.' });
      await navigate({ pathname: '/login', search: search.toString() });
    }
  });
  return (
    <form className="form" noValidate onSubmit={(event) => void submit(event)}>
      <FormMistake message={errors.root?.message} />
      <Field
        label="E-mail"
        type="email"
        autoComplete="username"
        error={errors.email}
        registration={form.register('email')}
      />
      <Field
        label="Password"
        type="password"
        autoComplete="new-password"
        hint="At least 8 characters. A few words in a row are good."
        error={errors.password}
        registration={form.register('password')}
      />
      <Button type="submit" size="lg" disabled={isSubmitting}>
        {isSubmitting ? 'Making your account…' : 'Make an account'}
      </Button>
    </form>
  );
}
