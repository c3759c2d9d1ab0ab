import { useCallback, useState } from 'react';
import Button from 'react-bootstrap/Button';
import { useSearchParams } from 'react-router';
import { PageTitle } from '../app/PageTitle';
import { showMore } from '../app/showMore';
import { Trouble } from '../app/Trouble';
import { useGrowingList } from '../app/useGrowingList';
import { ProductPicture } from '../product/picture/ProductPicture';
import { FilterBar } from './FilterBar';
import { type Filters, filtersFrom, needsAll, searchFrom } from './filters';
import { ProductCard, ProductCardSkeleton } from './ProductCard';
import { pageSize, useCatalogue } from './useCatalogue';

export default function CataloguePage() {
  const [search, setSearch] = useSearchParams();
  const filters = filtersFrom(search);
  const change = useCallback(
    (changed: Partial<Filters>) =>
      setSearch((now) => searchFrom({ ...filtersFrom(now), ...changed }), {
        replace: 'q' in changed,
        preventScrollReset: true,
      }),
    [setSearch],
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
  const catalogue = useCatalogue(filters);
  const products = catalogue.data ?? [];
  const [most, drawMore] = useMostDrawn(filters);
  const drawn = products.slice(0, most);
  const { list, willGrow } = useGrowingList<HTMLUListElement>(drawn.length);
  if (catalogue.isPending) {
    return <Skeletons />;
  }
  if (catalogue.data === undefined) {
    return <Trouble error={catalogue.error} what="The catalogue" retry={() => void catalogue.refetch()} />;
  }
  if (products.length === 0) {
    return <NothingFound filters={filters} clear={clear} />;
  }
  const more = () => {
    willGrow();
    if (products.length > drawn.length) {
      drawMore();
    } else if (!catalogue.isFetchingNextPage) {
      void showMore(catalogue.fetchNextPage);
    }
  };
  const count = `${products.length}${catalogue.hasNextPage ? '+' : ''} ${products.length === 1 ? 'product' : 'products'}`;
  return (
    <>
      <p className="result-count" role="status">
        {count}
      </p>
      <ul ref={list} className="product-grid" aria-busy={catalogue.isPlaceholderData}>
        {drawn.map((product) => (
          <ProductCard key={product.name} product={product} />
        ))}
      </ul>
      {(products.length > drawn.length || catalogue.hasNextPage) && (
        <div className="show-more">
          <Button variant="outline-primary" aria-disabled={catalogue.isFetchingNextPage} onClick={more}>
            {catalogue.isFetchingNextPage ? 'Loading…' : 'Show more'}
          </Button>
        </div>
      )}
    </>
  );
}

/** Where everything is here at once, it is drawn a page at a time all the same. */
function useMostDrawn(filters: Filters): [number, () => void] {
  const [asked, setAsked] = useState({ search: '', most: pageSize });
  const search = searchFrom(filters).toString();
  const most = asked.search === search ? asked.most : pageSize;
  const drawMore = () => setAsked({ search, most: most + pageSize });
  return [needsAll(filters) ? most : Number.POSITIVE_INFINITY, drawMore];
}

const placeholders = Array.from({ length: 8 }, (_, index) => `placeholder-${index}`);

function Skeletons() {
  return (
    <>
      <p className="result-count" role="status">
        Loading the catalogue…
      </p>
      <ul className="product-grid">
        {placeholders.map((key) => (
          <ProductCardSkeleton key={key} />
        ))}
      </ul>
    </>
  );
}

function NothingFound({ filters, clear }: { filters: Filters; clear: () => void }) {
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
    <div className="quiet-state" role="status">
      <h2>Nothing matches</h2>
      <p>{filters.q === '' ? 'No product fits this choice.' : `We found nothing for “${filters.q}”.`}</p>
      <Button onClick={clear}>Show everything</Button>
    </div>
  );
}
