import type { ReactNode } from 'react';
import { Link, Navigate, useSearchParams } from 'react-router';
import { useSession } from '../session/useSession';
import { PageTitle } from '../ui/PageTitle';
import { redirectTarget } from './redirect';

type Props = {
  title: string;
  lead: string;
  /** The link to the log-in page or to the register page. */
  alternative: { question: string; path: string; label: string };
  children: ReactNode;
};

/** The frame of the log-in page and the register page. Users who are logged in are redirected. */
export function AccountPage({ title, lead, alternative, children }: Props) {
  const [search] = useSearchParams();
  const { status } = useSession();
  if (status === 'signed-in') {
    return <Navigate to={redirectTarget(search)} replace />;
  }
  return (
    <div className="page narrow">
      <PageTitle>{title}</PageTitle>
      <h1>{title}</h1>
      <p className="form-lead">{lead}</p>
      {children}
      <p className="form-aside">
        {alternative.question}{' '}
        <Link to={{ pathname: alternative.path, search: search.toString() }}>{alternative.label}</Link>
      </p>
    </div>
  );
}
