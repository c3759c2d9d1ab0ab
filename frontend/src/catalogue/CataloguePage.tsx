import { useCallback } from 'react';
import Button from 'react-bootstrap/Button';
import { useLocation, useSearchParams } from 'react-router';
import { useFocusFallback } from '../focus/focus';
import { useAppendFocus } from '../focus/useAppendFocus';
import { ProductPicture } from '../product/picture/ProductPicture';
import { hasLoadError, LoadError } from '../ui/LoadError';
import { PageTitle } from '../ui/PageTitle';
import { ShowMore } from '../ui/ShowMore';
import { FilterBar } from './FilterBar';
import { type Filters, parseFilters, toQuery, toSearchParams } from './filters';
import { ProductCard, ProductCardSkeleton } from './ProductCard';
import { countText, useProducts } from './useCatalogue';

/** public/before-paint.js prefetches the first page with the same size. */
const PAGE_SIZE = 24;

export default function CataloguePage() {
  const [search, setSearch] = useSearchParams();
  const { pathname } = useLocation();
  const filters = parseFilters(search);
  const changeFilters = useCallback(
    (changes: Partial<Filters>) => {
      // A debounced search must not bring back a user who is navigating to another page already.
      if (window.location.pathname !== pathname) {
        return;
      }
      // The rendered filters may be outdated if two changes follow quickly. The address is always current.
      const current = parseFilters(new URLSearchParams(window.location.search));
      setSearch(toSearchParams({ ...current, ...changes }), { replace: 'q' in changes });
    },
    [pathname, setSearch],
  );
  return (
    <>
      <PageTitle>Everyday things for home and work</PageTitle>
      <div className="hero">
        <div className="page-width">
          <h1>Everyday things for home and&nbsp;work</h1>
          <p>See what is in stock, and have your order confirmed in seconds.</p>
          <HeroPictures />
        </div>
      </div>
      <div className="page-width catalogue">
        <FilterBar filters={filters} change={changeFilters} />
        <Results filters={filters} clearFilters={() => setSearch({})} />
      </div>
    </>
  );
}

function HeroPictures() {
  return (
    <div className="hero-pictures" aria-hidden="true">
      {['lamp', 'chair', 'kettle'].map((name) => (
        <div key={name}>
          <ProductPicture name={name} categories={[]} />
        </div>
      ))}
    </div>
  );
}

type ResultsProps = { filters: Filters; clearFilters: () => void };

function Results({ filters, clearFilters }: ResultsProps) {
  const catalogue = useProducts(toQuery(filters), PAGE_SIZE);
  const products = catalogue.data;
  return (
    <>
      {/* Always rendered: screen readers announce only changes of an existing status. */}
      <p className="result-count" role="status">
        {products !== undefined && countText(products.length, catalogue.hasNextPage)}
        {catalogue.isPending && 'Loading the catalogue…'}
      </p>
      {hasLoadError(catalogue) && <LoadError query={catalogue} subject="the catalogue" />}
      {products?.length === 0 && <NoResults filters={filters} clearFilters={clearFilters} />}
      {!hasLoadError(catalogue) && products?.length !== 0 && <Grid catalogue={catalogue} />}
    </>
  );
}

function Grid({ catalogue }: { catalogue: ReturnType<typeof useProducts> }) {
  const products = catalogue.data;
  const { listRef, rememberFocus } = useAppendFocus<HTMLUListElement>(products?.length ?? 0);
  return (
    <>
      <ul ref={listRef} className="product-grid" aria-busy={catalogue.isPlaceholderData}>
        {products === undefined
          ? skeletonKeys.map((key) => <ProductCardSkeleton key={key} />)
          : products.map((product) => <ProductCard key={product.name} product={product} />)}
      </ul>
      <ShowMore query={catalogue} beforeFetch={rememberFocus} />
    </>
  );
}

const skeletonKeys = Array.from({ length: 8 }, (_, index) => `skeleton-${index}`);

function NoResults({ filters, clearFilters }: ResultsProps) {
  const container = useFocusFallback<HTMLDivElement>();
  const isFiltered = filters.q !== '' || filters.category !== null || filters.inStock;
  if (!isFiltered) {
    return (
      <div className="empty-state">
        <h2>There are no products yet</h2>
        <p>Please come back soon.</p>
      </div>
    );
  }
  return (
    <div ref={container} className="empty-state">
      <h2>No results</h2>
      <p>
        {filters.q === '' ? 'No products match your filters.' : `We found no products for “${filters.q}”.`}
      </p>
      <Button onClick={clearFilters}>Show all products</Button>
    </div>
  );
}
