import { Link } from 'react-router';
import { EmptyStatePicture } from '../product/picture/EmptyStatePicture';
import { PageTitle } from '../ui/PageTitle';

export default function NotFoundPage() {
  return (
    <div className="empty-state">
      <PageTitle>Page not found</PageTitle>
      <EmptyStatePicture of="chair" />
      <h1>Page not found</h1>
      <p>The address may be wrong, or the page may have been removed.</p>
      <Link to="/" className="btn btn-primary">
        Continue shopping
      </Link>
      <p>
        You can also go to <Link to="/cart">your cart</Link> or <Link to="/orders">your orders</Link>.
      </p>
    </div>
  );
}
