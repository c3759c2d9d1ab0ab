import { useCallback } from 'react';
import Button from 'react-bootstrap/Button';
import { useLocation, useSearchParams } from 'react-router';
import { useFocusOutlives } from '../app/focus';
import { PageTitle } from '../app/PageTitle';
import { showMore } from '../app/showMore';
import { isInTrouble, Trouble } from '../app/Trouble';
import { useGrowingList } from '../app/useGrowingList';
import { ProductPicture } from '../product/picture/ProductPicture';
import { FilterBar } from './FilterBar';
import { type Filters, filtersFrom, questionOf, searchFrom } from './filters';
import { ProductCard, ProductCardSkeleton } from './ProductCard';
import { countText, useProducts } from './useCatalogue';

/** The first page is asked for in public/before-paint.js already, with the same size. */
const pageSize = 24;

export default function CataloguePage() {
  const [search, setSearch] = useSearchParams();
  const { pathname } = useLocation();
  const filters = filtersFrom(search);
  const change = useCallback(
    (changed: Partial<Filters>) => {
      // Whoever is on the way to another page is not fetched back by what they typed before.
      if (window.location.pathname !== pathname) {
        return;
      }
      // A choice may follow another before the page is drawn; the address is always the latest.
      const now = filtersFrom(new URLSearchParams(window.location.search));
      setSearch(searchFrom({ ...now, ...changed }), { replace: 'q' in changed });
    },
    [pathname, setSearch],
  );
  return (
    <>
      <PageTitle>Everyday things, honestly stocked</PageTitle>
      <div className="hero">
        <div className="page-width">
          <h1>Everyday things, honestly&nbsp;stocked.</h1>
          <p>Every count you see is the real one, and every order is decided while you watch.</p>
          <Showpieces />
        </div>
      </div>
      <div className="page-width catalogue">
        <FilterBar filters={filters} change={change} />
        <Results filters={filters} clear={() => setSearch({})} />
      </div>
    </>
  );
}

/** Where the screen is wide; the words beside them are there before. */
function Showpieces() {
  return (
    <div className="showpieces" aria-hidden="true">
      {['lamp', 'chair', 'kettle'].map((name) => (
        <div key={name}>
          <ProductPicture name={name} categories={[]} />
        </div>
      ))}
    </div>
  );
}

function Results({ filters, clear }: { filters: Filters; clear: () => void }) {
  const catalogue = useProducts(questionOf(filters), pageSize);
  const products = catalogue.data;
  return (
    <>
      {/* It stays while its words change: only such a change is sure to be read out. */}
      <p className="result-count" role="status">
        {products !== undefined && countText(products.length, catalogue.hasNextPage)}
        {catalogue.isPending && 'Loading the catalogue…'}
      </p>
      {isInTrouble(catalogue) && <Trouble query={catalogue} what="The catalogue" />}
      {products?.length === 0 && <NothingFound filters={filters} clear={clear} />}
      {!isInTrouble(catalogue) && products?.length !== 0 && <Grid catalogue={catalogue} />}
    </>
  );
}

function Grid({ catalogue }: { catalogue: ReturnType<typeof useProducts> }) {
  const products = catalogue.data;
  const { list, willGrow } = useGrowingList<HTMLUListElement>(products?.length ?? 0);
  const more = () => {
    if (!catalogue.isFetchingNextPage) {
      willGrow();
      void showMore(catalogue.fetchNextPage);
    }
  };
  return (
    <>
      <ul ref={list} className="product-grid" aria-busy={catalogue.isPlaceholderData}>
        {products === undefined
          ? placeholders.map((key) => <ProductCardSkeleton key={key} />)
          : products.map((product) => <ProductCard key={product.name} product={product} />)}
      </ul>
      {catalogue.hasNextPage && (
        <div className="show-more">
          <Button variant="outline-primary" aria-disabled={catalogue.isFetchingNextPage} onClick={more}>
            {catalogue.isFetchingNextPage ? 'Loading…' : 'Show more'}
          </Button>
        </div>
      )}
    </>
  );
}

const placeholders = Array.from({ length: 8 }, (_, index) => `placeholder-${index}`);

function NothingFound({ filters, clear }: { filters: Filters; clear: () => void }) {
  const part = useFocusOutlives<HTMLDivElement>();
  const filtered = filters.q !== '' || filters.category !== null || filters.inStock;
  if (!filtered) {
    return (
      <div className="quiet-state">
        <h2>The shelves are empty</h2>
        <p>Nothing is on sale yet. Please come back soon.</p>
      </div>
    );
  }
  return (
    <div ref={part} className="quiet-state">
      <h2>Nothing matches</h2>
      <p>{filters.q === '' ? 'No product fits this choice.' : `We found nothing for “${filters.q}”.`}</p>
      <Button onClick={clear}>Show everything</Button>
    </div>
  );
}
