using Tidemark.Storage.Tests.Delivery;
using Tidemark.Storage.Tests.Leases;
using Tidemark.Storage.Tests.Stores;
using Tidemark.Storage.Tests.Tenancy;

namespace Tidemark.Storage.Tests.PostgreSql;

// Ownership through a pooler in transaction mode (I9): one line per class.
public sealed class PooledLeaseTests : LeaseTests<PooledStore>;

public sealed class PooledNodeTests : NodeTests<PooledStore>;

public sealed class PooledLeaseChangeTests : LeaseChangeTests<PooledStore>;

public sealed class PooledLeaseDeltaTests : LeaseDeltaTests<PooledStore>;

public sealed class PooledLeaseRaceTests : LeaseRaceTests<PooledStore>;

public sealed class PooledLeaseHintTests : LeaseHintTests<PooledStore>;

public sealed class PooledCommandTests : CommandTests<PooledStore>;

public sealed class PooledTenantTests : TenantTests<PooledStore>;

public sealed class PooledSubscriptionStoreTests : SubscriptionStoreTests<PooledStore>;

public sealed class PooledDeliveryKeyStoreTests : DeliveryKeyStoreTests<PooledStore>;
