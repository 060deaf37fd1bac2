namespace Tidemark.Placement;

/// <summary>Takes back moves that turned out to be of no use: a unit goes home where that leaves the load as even as it is.</summary>
internal static class Homecoming
{
    /// <summary>Brings home what it can; returns whether there was any.</summary>
    public static bool Run(Allotment allotment, UnitKind[][] bySize)
    {
        var any = false;
        foreach (var size in bySize)
        {
            foreach (var kind in size)
                any |= Run(allotment, kind, size);
        }

        return any;
    }

    private static bool Run(Allotment allotment, UnitKind kind, UnitKind[] size)
    {
        var any = false;
        for (var home = 0; home < allotment.Nodes; home++)
        {
            for (var away = 0; away < allotment.Nodes && kind.Home[home] > kind.Placed[home]; away++)
            {
                while (kind.HasStranger(away) && kind.Home[home] > kind.Placed[home] && Return(allotment, kind, size, away, home))
                    any = true;
            }
        }

        return any;
    }

    private static bool Return(Allotment allotment, UnitKind kind, UnitKind[] size, int away, int home)
    {
        if (allotment.Ledger.Room(home) >= kind.Count && allotment.Ledger.Allows(away, home, kind.Load))
        {
            allotment.Move(kind, away, home);
            return true;
        }

        // Or it takes the place of a stranger of its size, which goes the other way.
        foreach (var other in size)
        {
            if (other != kind && other.HasStranger(home) && other.Takers.Contains(away))
            {
                allotment.Move(kind, away, home);
                allotment.Move(other, home, away);
                return true;
            }
        }

        return false;
    }
}
