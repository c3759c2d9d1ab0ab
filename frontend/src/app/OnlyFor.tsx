import { Link, Navigate, Outlet, useLocation } from 'react-router';
import { logInPath } from '../account/next';
import { useSession } from '../session/useSession';
import { PageTitle } from './PageTitle';

/** Pages for those who are logged in, or for admins alone. The shop itself checks again at every call. */
export function OnlyFor({ who }: { who: 'user' | 'admin' }) {
  const session = useSession();
  const { pathname, search } = useLocation();
  if (session.status === 'restoring') {
    return (
      <p className="page quiet" role="status">
        Loading…
      </p>
    );
  }
  if (session.status === 'visitor') {
    return <Navigate to={logInPath(pathname + search)} replace />;
  }
  if (who === 'admin' && session.me.role !== 'admin') {
    return <NoAccess />;
  }
  return <Outlet />;
}

function NoAccess() {
  return (
    <div className="quiet-state">
      <PageTitle>No access</PageTitle>
      <h1>This page is for admins</h1>
      <p>Your account does not have the rights for it. If it should, ask an admin of the shop.</p>
      <Link to="/" className="btn btn-primary">
        To the catalogue
      </Link>
    </div>
  );
}
