import { startTransition, useCallback, useId, useOptimistic } from 'react';
import { SearchField } from '../forms/SearchField';
import { titled } from '../product/naming';
import { type Filters, isSort, sorts } from './filters';
import { useCategories } from './useCatalogue';

type Props = { filters: Filters; change: (change: Partial<Filters>) => void };

export function FilterBar({ filters, change }: Props) {
  const id = useId();
  const search = useCallback((q: string) => change({ q }), [change]);
  // A choice is shown as made at once, also where drawing what follows from it takes a while.
  const [shown, show] = useOptimistic(filters, (now, made: Partial<Filters>) => ({ ...now, ...made }));
  const choose = (made: Partial<Filters>) =>
    startTransition(() => {
      show(made);
      change(made);
    });
  return (
    <search className="filter-bar">
      <SearchField label="Search the shop" className="filter-bar-search" q={filters.q} search={search} />
      <CategoryChips chosen={shown.category} change={choose} />
      <div className="filter-bar-choices">
        <div className="form-check form-switch">
          <input
            id={`${id}-stock`}
            type="checkbox"
            className="form-check-input"
            checked={shown.inStock}
            onChange={(event) => choose({ inStock: event.target.checked })}
          />
          <label htmlFor={`${id}-stock`} className="form-check-label">
            In stock only
          </label>
        </div>
        <label htmlFor={`${id}-sort`} className="visually-hidden">
          Sort by
        </label>
        <select
          id={`${id}-sort`}
          className="form-select"
          value={shown.sort}
          onChange={(event) => isSort(event.target.value) && choose({ sort: event.target.value })}
        >
          {Object.entries(sorts).map(([sort, words]) => (
            <option key={sort} value={sort}>
              {words}
            </option>
          ))}
        </select>
      </div>
    </search>
  );
}

function CategoryChips({ chosen, change }: { chosen: string | null; change: Props['change'] }) {
  const { data: categories = [] } = useCategories();
  const known = chosen !== null && !categories.includes(chosen) ? [...categories, chosen] : categories;
  return (
    <fieldset className="chips">
      <legend className="visually-hidden">Category</legend>
      {[null, ...known].map((category) => (
        <button
          key={category ?? ''}
          type="button"
          className="chip"
          aria-pressed={category === chosen}
          onClick={() => change({ category })}
        >
          {category === null ? 'Everything' : titled(category)}
        </button>
      ))}
    </fieldset>
  );
}
