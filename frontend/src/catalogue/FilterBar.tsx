import { startTransition, useCallback, useId, useOptimistic } from 'react';
import { SearchField } from '../forms/SearchField';
import { displayName } from '../product/displayName';
import { type Filters, isSort, sorts } from './filters';
import { useCategories } from './useCatalogue';

type Props = { filters: Filters; change: (change: Partial<Filters>) => void };

export function FilterBar({ filters, change }: Props) {
  const id = useId();
  const search = useCallback((q: string) => change({ q }), [change]);
  // The controls change immediately, even if rendering the results takes longer.
  const [shown, showChanges] = useOptimistic(filters, (current, changes: Partial<Filters>) => ({
    ...current,
    ...changes,
  }));
  const choose = (changes: Partial<Filters>) =>
    startTransition(() => {
      showChanges(changes);
      change(changes);
    });
  return (
    <search className="filter-bar">
      <SearchField label="Search the shop" q={filters.q} search={search} />
      <CategoryChips selected={shown.category} change={choose} />
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
          {Object.entries(sorts).map(([sort, label]) => (
            <option key={sort} value={sort}>
              {label}
            </option>
          ))}
        </select>
      </div>
    </search>
  );
}

function CategoryChips({ selected, change }: { selected: string | null; change: Props['change'] }) {
  const { data: categories = [] } = useCategories();
  const chips = selected !== null && !categories.includes(selected) ? [...categories, selected] : categories;
  return (
    <fieldset className="chips">
      <legend className="visually-hidden">Category</legend>
      {[null, ...chips].map((category) => (
        <button
          key={category ?? ''}
          type="button"
          className="chip"
          aria-pressed={category === selected}
          onClick={() => change({ category })}
        >
          {category === null ? 'All' : displayName(category)}
        </button>
      ))}
    </fieldset>
  );
}
