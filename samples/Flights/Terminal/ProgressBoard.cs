using System.Collections.Concurrent;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Flights.Terminal;

/// <summary>Shows progress while work goes on: bars on a terminal, a plain line now and then elsewhere.</summary>
internal sealed class ProgressBoard(IAnsiConsole console, TimeProvider time)
{
    private static readonly TimeSpan BarInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(5);

    /// <summary>Shows what <paramref name="sample"/> tells until <paramref name="work"/> has ended; passes on its error.</summary>
    public Task ShowAsync(Task work, Func<IReadOnlyList<ProgressSample>> sample)
    {
        var isTerminal = console.Profile.Capabilities.Interactive && console.Profile.Out.IsTerminal;
        return isTerminal ? ShowBarsAsync(work, sample) : ShowLinesAsync(work, sample);
    }

    private Task ShowBarsAsync(Task work, Func<IReadOnlyList<ProgressSample>> sample)
    {
        var notes = new NoteColumn();
        return console.Progress()
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = 36 }, new PercentageColumn(), notes)
            .StartAsync(async context =>
            {
                var bars = sample().ToDictionary(s => s.Name, s => context.AddTask(Markup.Escape(s.Name)), StringComparer.Ordinal);
                do
                {
                    await WaitAsync(work, BarInterval);
                    foreach (var s in sample())
                    {
                        if (!bars.TryGetValue(s.Name, out var bar))
                            bars.Add(s.Name, bar = context.AddTask(Markup.Escape(s.Name)));
                        bar.MaxValue = Math.Max(1, s.Total);
                        bar.Value = s.Total <= 0 ? 1 : s.Done;
                        notes[bar.Id] = s.Note;
                    }
                }
                while (!work.IsCompleted);
                await work;
            });
    }

    private async Task ShowLinesAsync(Task work, Func<IReadOnlyList<ProgressSample>> sample)
    {
        var shown = new Dictionary<string, long>(StringComparer.Ordinal);
        do
        {
            await WaitAsync(work, LineInterval);
            foreach (var s in sample().Where(s => shown.GetValueOrDefault(s.Name, -1) != s.Percent))
            {
                shown[s.Name] = s.Percent;
                console.Profile.Out.Writer.WriteLine($"  {s.Name,-20} {s.Percent,3}%  {s.Note}".TrimEnd());
            }
        }
        while (!work.IsCompleted);
        await work;
    }

    private async Task WaitAsync(Task work, TimeSpan interval)
    {
        try
        {
            await work.WaitAsync(interval, time);
        }
        catch (Exception) when (work.IsCompleted)
        {
            // The caller awaits the work itself, after its last state was shown.
        }
        catch (TimeoutException)
        {
            // Still at work.
        }
    }

    /// <summary>The note at the end of a bar.</summary>
    private sealed class NoteColumn : ProgressColumn
    {
        private readonly ConcurrentDictionary<int, string> _notes = [];

        protected override bool NoWrap => true;

        public string this[int bar]
        {
            set => _notes[bar] = value;
        }

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Text(_notes.GetValueOrDefault(task.Id, ""), new Style(Color.Grey));
    }
}
