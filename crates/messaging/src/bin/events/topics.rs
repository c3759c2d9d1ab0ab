//! The number of partitions of each topic.

use messaging::settings::DEFAULT_PARTITIONS;
use messaging::topics::Partitions;
use runtime::lifecycle::Failure;

use crate::Shop;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Add partitions until each topic has this number. It cannot be undone, and it changes the order in
    /// which waiting orders are decided.
    #[arg(long)]
    grow: bool,
    /// The number of partitions that each topic should have.
    #[arg(long, env = "KAFKA_PARTITIONS", default_value_t = DEFAULT_PARTITIONS, value_parser = clap::value_parser!(u16).range(1..=1000))]
    partitions: u16,
}

pub(crate) async fn run(shop: &Shop, arguments: &Arguments) -> Result<(), Failure> {
    let partitions = Partitions::open(&shop.brokers, &shop.login, &shop.prefix)?;
    let wanted = usize::from(arguments.partitions);
    for (topic, count) in partitions.list()? {
        let action = if count >= wanted {
            String::new()
        } else if arguments.grow {
            partitions.grow(&topic, wanted).await?;
            format!("  raised to {wanted}")
        } else {
            format!("  --grow raises it to {wanted}")
        };
        println!("{topic:<30} {count:>4}{action}");
    }
    Ok(())
}
