import Button from 'react-bootstrap/Button';
import { useForm } from 'react-hook-form';
import { Link, Navigate, useSearchParams } from 'react-router';
import * as z from 'zod/mini';
import { PageTitle } from '../app/PageTitle';
import { checkedBy } from '../forms/checkedBy';
import { Field } from '../forms/Field';
import { FormMistake } from '../forms/FormMistake';
import { showProblem } from '../forms/showProblem';
import { session } from '../session/session';
import { useSession } from '../session/useSession';
import { nextFrom } from './next';

const credentials = z.object({
  email: z.string().check(z.trim(), z.minLength(1, 'Please enter your e-mail.')),
  password: z.string().check(z.minLength(1, 'Please enter your password.')),
});

type Credentials = z.infer<typeof credentials>;

export default function LogInPage() {
  const [search] = useSearchParams();
  const { status } = useSession();
  if (status === 'signed-in') {
    return <Navigate to={nextFrom(search)} replace />;
  }
  return (
    <div className="page narrow">
      <PageTitle>Log in</PageTitle>
      <h1>Log in</h1>
      <p className="form-lead">
        {search.get('next') === '/cart'
          ? 'Then we bring you back to your cart, just as you left it.'
          : 'To order, and to watch what becomes of your orders.'}
      </p>
      <LogInForm />
      <p className="form-aside">
        New here? <Link to={{ pathname: '/register', search: search.toString() }}>Make an account</Link>
      </p>
    </div>
  );
}

function LogInForm() {
  const form = useForm<Credentials>({
    resolver: checkedBy(credentials),
    defaultValues: { email: '', password: '' },
  });
  const { errors, isSubmitting } = form.formState;
  const submit = form.handleSubmit(async ({ email, password }) => {
    try {
      await session.logIn(email, password);
    } catch (error) {
      showProblem(error, form.setError, {
        fields: ['email', 'password'],
        types: { 'unacceptable-email': 'email', 'incorrect-credentials': 'password' },
      });
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
        autoComplete="current-password"
        error={errors.password}
        registration={form.register('password')}
      />
      <Button type="submit" size="lg" disabled={isSubmitting}>
        {isSubmitting ? 'Logging in…' : 'Log in'}
      </Button>
    </form>
  );
}
