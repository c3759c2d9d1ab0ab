import { Link } from 'react-router';
import { QuietPicture } from '../product/picture/QuietPicture';
import { PageTitle } from './PageTitle';

export default function NotFoundPage() {
  return (
    <div className="quiet-state">
      <PageTitle>Page not found</PageTitle>
      <QuietPicture of="chair" />
      <h1>There is no such page</h1>
      <p>The address may be mistyped, or what was here is gone. Everything we sell is in the catalogue.</p>
      <Link to="/" className="btn btn-primary">
        To the catalogue
      </Link>
      <p>
        Or look at <Link to="/cart">your cart</Link> or <Link to="/orders">your orders</Link>.
      </p>
    </div>
  );
}
