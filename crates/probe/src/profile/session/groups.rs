//! Which sites are watched in the same window: together they should hold the program up little.

/// So many groups at most: each site must be looked at often enough.
const MOST: f64 = 6.0;

/// Puts sites, with what traps at each would take of every second, into groups that take no more than `capacity`
/// where that can be, the heaviest first.
pub(super) fn pack(mut loads: Vec<(u32, f64)>, capacity: f64) -> Vec<Vec<u32>> {
    loads.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    let total: f64 = loads.iter().map(|(_, load)| load).sum();
    let capacity = capacity.max(total / MOST);
    let mut groups: Vec<(f64, Vec<u32>)> = Vec::new();
    for (slot, load) in loads {
        match groups.iter_mut().find(|(sum, _)| sum + load <= capacity) {
            Some((sum, group)) => {
                *sum += load;
                group.push(slot);
            }
            None => groups.push((load, vec![slot])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heavy_sites_are_alone_and_light_ones_together() {
        let groups = pack(vec![(1, 0.01), (2, 0.4), (3, 0.3), (4, 0.02)], 0.1);
        assert_eq!(groups, [vec![2], vec![3], vec![4, 1]]);
        assert_eq!(pack(vec![(1, 0.01), (2, 0.02)], 0.1), [vec![2, 1]]);
        assert_eq!(pack(Vec::new(), 0.1), Vec::<Vec<u32>>::new());
    }

    #[test]
    fn there_are_not_many_groups_and_none_is_lost() {
        let loads: Vec<_> = (0..100).map(|slot| (slot, 1.0)).collect();
        let groups = pack(loads, 0.01);
        assert!(groups.len() <= 7, "{}", groups.len());
        let mut all: Vec<_> = groups.into_iter().flatten().collect();
        all.sort_unstable();
        assert_eq!(all, (0..100).collect::<Vec<_>>());
    }
}
